export { listOperations } from "./list-operations.ts";
export type { OpenApiOperation, OperationList } from "./list-operations.ts";
export type { OpenApiProblem } from "./problem.ts";
export { readDocument } from "./read-document.ts";
export type { OpenApiDocument } from "./read-document.ts";
