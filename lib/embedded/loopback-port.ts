import { createServer } from 'node:net';
import { hasErrno } from './server-error';

/** Listens on 127.0.0.1 for a moment; 0 lets the system choose. Resolves to the port. */
function probe(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => {
        if (address && typeof address === 'object') resolve(address.port);
        else reject(new Error('The system offered no loopback port.'));
      });
    });
  });
}

/** A port on 127.0.0.1 that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return probe(0);
}

/** Whether a server could listen on this loopback port at this moment. */
export async function isPortFree(port: number): Promise<boolean> {
  try {
    await probe(port);
    return true;
  } catch (error) {
    if (hasErrno(error, 'EADDRINUSE', 'EACCES')) return false;
    throw error;
  }
}
