import type * as NodeHttp from "node:http";

/**
 * `node:http`, asked for by name. An `import` of it reads every export once, and some of them are made on first sight:
 * with `WebSocket` comes Node's own HTTP client, 30 to 50 ms of processor time that a start does not need.
 */
const http: typeof NodeHttp = process.getBuiltinModule("node:http");

export const createServer: typeof NodeHttp.createServer = http.createServer;
export const request: typeof NodeHttp.request = http.request;
