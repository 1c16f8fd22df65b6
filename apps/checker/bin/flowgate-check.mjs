#!/usr/bin/env node
// The compiled entry checks the version of Node; this file is in place before anything is compiled, so that it can be linked.
import "./compile-cache.mjs";

await import("../dist/main.js");
