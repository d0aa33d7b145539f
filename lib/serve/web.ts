import { createServer } from 'node:http';
import next from 'next';

/**
 * The web server's process. Next's own request handler behind a plain HTTP server, so that it can say
 * when it is ready, end with the process that started it, and not wait for open event streams.
 */
async function main(): Promise<void> {
  const port = Number(process.env.PORT);
  const hostname = process.env.HOST ?? '127.0.0.1';
  const app = next({ dev: false, dir: process.cwd(), hostname, port });
  await app.prepare();
  const handle = app.getRequestHandler();
  const server = createServer((request, response) => {
    handle(request, response).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  server.on('error', (error: NodeJS.ErrnoException) => {
    console.error(
      error.code === 'EADDRINUSE'
        ? `Port ${port} is in use. Start with another one: PORT=${port + 1}`
        : error.message,
    );
    process.exit(1);
  });
  server.listen(port, hostname, () => process.send?.('ready'));

  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    server.close(() => process.exit(0));
    // Event streams never end by themselves; the browsers connect again to the next server.
    server.closeAllConnections();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('disconnect', stop);
}

main().catch((cause: unknown) => {
  console.error(cause);
  process.exit(1);
});
