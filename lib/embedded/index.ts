export {
  ClientToolError,
  type ClientToolName,
  type ClientToolSearch,
  type FoundClientTool,
  findClientTool,
} from './client-tools';
export { type Cluster, type ClusterOptions, deleteCluster, startCluster } from './cluster';
export { EmbeddedServerError, type EmbeddedServerProblem } from './server-error';
export { holdHome } from './start-lock';
export { startTemporaryServer, type TemporaryServer } from './temporary-server';
