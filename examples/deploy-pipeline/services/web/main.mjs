import { page } from "./page.mjs";

console.log(page(process.argv[2] ?? "hello"));
