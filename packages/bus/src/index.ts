export { createHintBus } from "./hint-bus.ts";
export type { HintBusOptions } from "./hint-bus.ts";
export { createNatsLink } from "./nats-link.ts";
export { createRedisLink } from "./redis-link.ts";
