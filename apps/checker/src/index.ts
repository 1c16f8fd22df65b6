export { createNodeDigest, createNodeReader } from "./node-reader.ts";
