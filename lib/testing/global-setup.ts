import type { TestProject } from 'vitest/node';
import { startTemporaryServer } from '@/lib/embedded/temporary-server';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Superuser URL of the test run's server, database `postgres`. */
    postgresUrl: string;
  }
}

/** Vitest's global set-up: one server for the whole run, its URL handed to every test file. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startTemporaryServer();
  project.provide('postgresUrl', server.url);
  process.env.BACKSTEP_TEST_POSTGRES_URL = server.url;
  return server.stop;
}
