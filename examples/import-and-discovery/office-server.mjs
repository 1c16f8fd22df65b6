/**
 * One of four small MCP servers over stdio, chosen by its first argument: `customers`, `tickets`, `calendar` or
 * `warehouse`. Each keeps a few kinds of records in memory and has five tools for every kind.
 */
import { fromJsonSchema, McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

const text = (description) => ({ type: "string", description });
const OFFICE = {
  customers: {
    customer: {
      about: "A company that buys from us.",
      fields: {
        name: text("Company name"),
        city: text("City"),
        tier: { type: "string", enum: ["basic", "gold"] },
      },
      first: { name: "Ada Analytics", city: "London", tier: "gold" },
    },
    contact: {
      about: "A person at a customer.",
      fields: { name: text("Full name"), email: text("Mail address"), customer: text("Customer id") },
      first: { name: "Grace H.", email: "grace@ada.example", customer: "customer-1" },
    },
    opportunity: {
      about: "A deal that may be won.",
      fields: {
        title: text("What is sold"),
        value: { type: "number", description: "In euros" },
        stage: { type: "string", enum: ["open", "won", "lost"] },
      },
      first: { title: "Yearly licence", value: 12_000, stage: "open" },
    },
  },
  tickets: {
    ticket: {
      about: "A question or fault that a customer reported.",
      fields: {
        subject: text("One line"),
        priority: { type: "string", enum: ["low", "normal", "urgent"] },
        customer: text("Customer id"),
      },
      first: { subject: "Export ends with an error", priority: "urgent", customer: "customer-1" },
    },
    comment: {
      about: "A remark on a ticket.",
      fields: { ticket: text("Ticket id"), body: text("The remark") },
      first: { ticket: "ticket-1", body: "Seen since Tuesday." },
    },
    article: {
      about: "A page of the help centre.",
      fields: { title: text("Title"), body: text("Markdown") },
      first: { title: "Exporting reports", body: "Choose Export, then a format." },
    },
  },
  calendar: {
    meeting: {
      about: "A meeting with time, room and participants.",
      fields: {
        title: text("What it is about"),
        start: text("ISO 8601 start time"),
        room: text("Room id"),
        people: { type: "array", items: { type: "string" }, description: "Mail addresses" },
      },
      first: { title: "Stand-up", start: "2026-05-04T10:15:00Z", room: "room-1", people: [] },
    },
    room: {
      about: "A meeting room.",
      fields: { name: text("Name"), seats: { type: "integer", minimum: 1 } },
      first: { name: "Difference Engine", seats: 8 },
    },
  },
  warehouse: {
    item: {
      about: "Something we keep in stock.",
      fields: { name: text("Name"), quantity: { type: "integer", minimum: 0 } },
      first: { name: "Punched cards, 1000", quantity: 42 },
    },
    shipment: {
      about: "A parcel on its way to a customer.",
      fields: { item: text("Item id"), quantity: { type: "integer", minimum: 1 }, address: text("Where to") },
      first: { item: "item-1", quantity: 2, address: "12 St James's Square, London" },
    },
    supplier: {
      about: "A company that we buy from.",
      fields: { name: text("Name"), country: text("Country") },
      first: { name: "Jacquard & Sons", country: "France" },
    },
  },
};

const office = process.argv[2];
const kinds = OFFICE[office];
if (kinds === undefined) throw new Error(`usage: office-server.mjs ${Object.keys(OFFICE).join("|")}`);

const records = new Map(
  Object.entries(kinds).map(([kind, { first }]) => [
    kind,
    new Map([[`${kind}-1`, { id: `${kind}-1`, ...first }]]),
  ]),
);
const plural = (kind) => (kind.endsWith("y") ? `${kind.slice(0, -1)}ies` : `${kind}s`);
const article = (kind) => (/^[aeiou]/.test(kind) ? `an ${kind}` : `a ${kind}`);
const answer = (value) => ({
  content: [{ type: "text", text: JSON.stringify(value) }],
  structuredContent: value,
});
const unknown = (id) => ({ content: [{ type: "text", text: `There is no ${id}.` }], isError: true });
const schema = (properties, required) =>
  fromJsonSchema({ type: "object", additionalProperties: false, properties, required });

serveStdio(() => {
  const server = new McpServer({ name: office, version: "1.0.0" });
  for (const [kind, { about, fields }] of Object.entries(kinds)) {
    const table = records.get(kind);
    const id = text(`Id of the ${kind}, for example ${kind}-1`);
    const reads = { readOnlyHint: true };
    server.registerTool(
      `list_${plural(kind)}`,
      {
        title: `List ${plural(kind)}`,
        description: `Lists all ${plural(kind)}. ${about}`,
        annotations: reads,
      },
      () => answer({ [plural(kind)]: [...table.values()] }),
    );
    server.registerTool(
      `get_${kind}`,
      {
        title: `Get ${article(kind)}`,
        description: `Shows one ${kind}. ${about}`,
        inputSchema: schema({ id }, ["id"]),
        annotations: reads,
      },
      (input) => {
        const record = table.get(input.id);
        return record === undefined ? unknown(input.id) : answer(record);
      },
    );
    server.registerTool(
      `create_${kind}`,
      {
        title: `Create ${article(kind)}`,
        description: `Creates ${article(kind)}. ${about}`,
        inputSchema: schema(fields, [Object.keys(fields)[0]]),
      },
      (input) => {
        const record = { id: `${kind}-${table.size + 1}`, ...input };
        table.set(record.id, record);
        return answer(record);
      },
    );
    server.registerTool(
      `update_${kind}`,
      {
        title: `Change ${article(kind)}`,
        description: `Changes fields of ${article(kind)}. ${about}`,
        inputSchema: schema({ id, ...fields }, ["id"]),
        annotations: { idempotentHint: true },
      },
      (input) => {
        if (!table.has(input.id)) return unknown(input.id);
        table.set(input.id, { ...table.get(input.id), ...input });
        return answer(table.get(input.id));
      },
    );
    server.registerTool(
      `delete_${kind}`,
      {
        title: `Delete ${article(kind)}`,
        description: `Deletes ${article(kind)} for good.`,
        inputSchema: schema({ id }, ["id"]),
        annotations: { destructiveHint: true },
      },
      (input) => (table.delete(input.id) ? answer({ deleted: input.id }) : unknown(input.id)),
    );
  }
  return server;
});
