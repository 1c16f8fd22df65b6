import { find } from "./find.mjs";

console.log(JSON.stringify(find(["ping", "pong"], process.argv[2] ?? "")));
