/**
 * The guarantees that tests of whole processes prove. A test cites an id in its title as `[R-…]`; a gate in
 * test/topology holds that every id is cited and that every citation exists.
 */
export const REQUIREMENTS = {
  "R-TOOLS-1": "Every configuration shows exactly the seven tools, in order, byte for byte the same.",
  "R-TOOLS-2": "The seven definitions cost fewer than 600 tokens.",
  "R-TOOLS-3": "Tool annotations are honest: reading tools say so, acting tools do not.",
  "R-TOOLS-4":
    "Every result carries structured content and one text block with the same object as compact JSON.",
  "R-TOOLS-5":
    "A malformed call is a rejected result that names each bad field; an unknown tool is a protocol error.",
  "R-TOOLS-6": "Underscored tool names are served where the configuration asks for them.",
  "R-ERAS-1": "Both protocol eras are served over stdio and HTTP to independent clients.",
  "R-STDIO-1": "On stdio nothing but protocol reaches standard output.",
  "R-STDIO-2":
    "The gateway ends with exit code 0 when the client closes standard input, and leaves no child behind.",
  "R-SEARCH-1":
    "Search finds by what a request means to do, with a signature and a start link; nothing found is no error.",
  "R-SEARCH-2": "Unknown ids are refused with the nearest known ones.",
  "R-SEARCH-3": "Describe gives the whole schema and nothing of how the gateway reaches the other side.",
  "R-SEARCH-4":
    "An embeddings service finds by meaning, its vectors outlive a restart, and search is by words while it fails.",
  "R-SEARCH-5":
    "With discovery.learn what was started ranks higher after the same words, over a restart, until it is reset.",
  "R-HIDDEN-1": "With visibility byGuards, what a caller may never start changes no answer that it gets.",
  "R-INIT-1": "Every template of init starts without a network, as it is written.",
  "R-RUN-1": "Starting a capability runs it at once and returns its output.",
  "R-RUN-2": "proxy_default offers every exposed capability as a transition and returns to ready.",
  "R-RUN-3": "A failed executor leaves the state and offers the link again with the arguments prefilled.",
  "R-RUN-4": "An equal start with the same idempotency key returns the first instance.",
  "R-FLOW-1":
    "A workflow walks by its links; a stale version, an unknown transition and a schema violation are refused with the current links.",
  "R-FLOW-2": "Guards of kind expr, permission, role and evidence gate.",
  "R-FLOW-3": "Deterministic chains and onEnter run by themselves; their steps are in the answer.",
  "R-FLOW-4": "Prefill, guidance, branches and output mapping work.",
  "R-FLOW-5": "workflow.explain says why a transition is allowed or not, with the values that were read.",
  "R-FLOW-6":
    "A step that waits for a person runs only after a person has decided, and never by the one who asked.",
  "R-FLOW-7": "A timeout moves an instance while nobody polls.",
  "R-IMPORT-1": "Imports bring every tool of real servers in, with prefix, include, exclude and tags.",
  "R-IMPORT-2": "A dead server does not stop the start; the others work.",
  "R-IMPORT-3": "Structured content, text and images of downstream tools come back whole.",
  "R-IMPORT-4": "An imported tool never replaces what stands under its name already.",
  "R-FLOOD-1":
    "Servers that list too much, one name twice, or change all the time are bounded and named; others go on.",
  "R-OPENAPI-1":
    "The operations of an OpenAPI document, local or fetched, become capabilities that are found, described, guarded and wrapped like others.",
  "R-OPENAPI-2": "What a caller gives to an operation goes to its place in the request and stays there.",
  "R-OPENAPI-3": "With pin: block an operation whose document changed is refused.",
  "R-SECRET-1":
    "What a connection authenticates with is in no answer, error or row, also where the other side repeats it.",
  "R-SECRET-2":
    "However a call to an MCP server, a command or an HTTP API ends, its connection's secrets are in no answer, record, log, metric, context or store.",
  "R-SECRET-3":
    "Values of variables and files in texts that are there to be read are masked in answers, searches, approvals, the admin API, records, logs, check and graph.",
  "R-FEDERATION-1":
    "What another gateway offers is imported, run under its own guards there, and its refusals come through with code and reason.",
  "R-FEDERATION-2":
    "What waits for people at another gateway waits here too, across a restart, and completes by itself once it is decided there.",
  "R-FEDERATION-3": "Gateways that import each other neither grow nor hang: what comes back is left out.",
  "R-FEDERATION-4":
    "A workflow of another gateway that goes on by steps of its caller is begun, moved, read, explained and ended through this one, under the guards and approvals there.",
  "R-FEDERATION-5":
    "A cancellation here ends the instance at the other gateway, at rest or waiting for people.",
  "R-FEDERATION-7":
    "By token exchange a guard of another gateway knows the caller of this one, and nobody reads another's instance on either side.",
  "R-FEDERATION-6": "A crash between a start and its answer begins no second instance at the other gateway.",
  "R-PIN-1":
    "pin writes the lock file, compares with it, prints what differs so that people can read it, and takes it over on request.",
  "R-PIN-2":
    "With pin: block a changed, new, renamed or swapped tool is not found, described or started, and workflows that use it are refused before the effect.",
  "R-PIN-3": "With pin: warn what differs from the lock file is reported once.",
  "R-PIN-4":
    "Imported text is marked as untrusted and loses characters that cannot be seen; names that deceive are left out.",
  "R-IMPORT-5": "Eight published servers give through the gateway what they give directly, byte for byte.",
  "R-IMPORT-6": "Servers that misbehave are bounded and reported by name; every other server goes on.",
  "R-LARGE-1":
    "An output over limits.outputBytes is kept whole: its step settles over all of it, answers lead to slices of it, also after a restart, and only those who see its workflow read it.",
  "R-LARGE-2": "Text, images, sounds and resources of many megabytes reach the client as they came.",
  "R-LARGE-3":
    "An output that cannot be mapped parks its step with a sentence that says how to mend it; the whole is kept, and workflows show --output writes it out.",
  "R-SIZE-1": "Answers stay within limits.responseBytes; what was left out can be read in slices.",
  "R-EGRESS-1":
    "What server.egress denies is dialled by no part of the gateway: connections, authorization servers, audit sinks, embeddings.",
  "R-SIZE-3":
    "Whatever stands in a definition, no answer of the seven tools is larger than limits.responseBytes.",
  "R-SIZE-2":
    "Finding and using one of 500 real tools costs under 2,000 tokens, counted over stdio with a real server.",
  "R-LEAN-1":
    "A start over HTTP and plain calls load no client, database or protocol library that nothing has used yet.",
  "R-LEAN-2":
    "The gateway as it is published is one bundle, or one file: it serves stdio and HTTP, keeps a SQLite store, and leaves no child behind.",
  "R-LEAN-3": "Idle connections are held as long as configured, and calls go on beside a thousand of them.",
  "R-HTTP-1": "Foreign Host and Origin headers are refused on every route.",
  "R-HTTP-2":
    "Garbage, huge bodies and clients that disconnect mid-call get a protocol error, and the gateway goes on.",
  "R-HTTP-3": "A gateway that others can reach and that has no identity refuses to start.",
  "R-HTTP-4": "/health and /ready answer; /ready names what fails.",
  "R-ID-1": "API keys decide who calls; roles expand to permissions; an unknown key is refused.",
  "R-ID-2":
    "A caller's own token reaches the hosts that are listed for it, with the caller's own calls, and is nowhere else.",
  "R-ID-3":
    "Access tokens of a real OpenID provider decide who calls: roles, permissions, tenants and step-up scopes mean something.",
  "R-ID-4":
    "Instances of another tenant or owner do not exist: every tool gives the answer of an id that never was.",
  "R-ID-5":
    "Over stdio `local` makes the user of the operating system the subject, with the roles given, and no person.",
  "R-HTTP-5":
    "Slow requests, huge headers, too many requests and strangers are refused before anything is looked up.",
  "R-SHADOW-1": "Only declared connections exist; no call and no operator adds one.",
  "R-TLS-1":
    "A renewed certificate is served after a reload, which ends no call and no connection; files that cannot be used change nothing.",
  "R-TLS-2":
    "A client whose certificate is revoked is refused after a reload, also on the connection that it has.",
  "R-ADMIN-1":
    "Over the admin API people decide as whoever they are authenticated as, and operators see and do what their permissions give.",
  "R-ADMIN-2": "The admin API is what its OpenAPI description says, and no request makes it fail.",
  "R-ADMIN-3":
    "Whoever listens at one replica hears of what it may see that changes at any, bounded, and asks for it anew after a reload.",
  "R-RELOAD-1":
    "A reload keeps the processes of unchanged connections, replaces changed ones, and lets calls of removed ones finish.",
  "R-RELOAD-2": "A configuration that cannot be used, or needs a restart, changes nothing and says why.",
  "R-RELOAD-3": "No call fails because the configuration is replaced, in either era.",
  "R-RELOAD-4":
    "After a reload instances finish on the definition that they began with; new ones begin as it is now.",
  "R-RELOAD-5": "With server.watch changed files, keys and roles are taken over by themselves.",
  "R-BAD-1": "An unusable configuration or command line ends with one clear line and its exit code.",
  "R-CHECK-1":
    "The checker reports missing targets, unreachable states, dead ends and schema errors with file, line and column.",
  "R-STOP-1": "SIGTERM and SIGINT let what runs finish, stop children and exit 0.",
  "R-STOP-2": "A second signal ends a gateway that drains at once.",
  "R-DURABLE-1": "What waits survives a crash, and can be decided while no gateway runs.",
  "R-DURABLE-2": "An effect that a crash cut off is never run again silently.",
  "R-DURABLE-3": "Several gateways of one machine share one store file.",
  "R-DURABLE-4":
    "Processes that are killed at any point lose nothing, double nothing and leave nothing stuck.",
  "R-REPLICAS-1": "What one replica began, another on the same database goes on with, also after a crash.",
  "R-REPLICAS-2": "A replica whose database is away says so and goes on by itself when it is back.",
  "R-REPLICAS-4": "Behind a load balancer every call succeeds on whichever replica it reaches, in both eras.",
  "R-REPLICAS-5": "A cancellation at one replica stops what another one performs, with and without a bus.",
  "R-REPLICAS-6":
    "A reload at one replica reaches all of them; one that cannot take it over keeps what it has, and every replica says so.",
  "R-REPLICAS-7":
    "A server that is stopped, started or restarted at one replica is so at all of them, also after a restart.",
  "R-RELOAD-6":
    "Clients that listen are told when a reload or a server changes what is offered, in both eras.",
  "R-BUS-1": "The bus carries each message to all other replicas, over PostgreSQL, Redis and NATS.",
  "R-BUS-2": "A bus that is away degrades a replica, which says so, and comes back by itself.",
  "R-REPLICAS-9":
    "A replica that is out of time to drain hands its work over without waiting for its lease to pass.",
  "R-REPLICAS-10":
    "Replicas behind a balancer may be killed, paused, added and upgraded under load: no order is lost, none is made twice.",
  "R-REPLICAS-3": "The configuration for replicas that init writes starts.",
  "R-CHECK-2":
    "check --deep finds what cannot be reached, opened or listened on, by its place and without a value; what passes starts.",
  "R-BOUND-1":
    "Hostile texts for guards, patterns, templates, searches and configurations end within bounds of memory, and delay nobody.",
  "R-STORE-2":
    "A store that is damaged, newer, gone or incomplete is told with what to do, by the start, the commands, the calls and /ready.",
  "R-STORE-1": "A store is migrated, copied and tidied from the command line.",
  "R-AUDIT-1": "What happened is in the audit file, chained, and secrets are not.",
  "R-AUDIT-2": "A trail that was changed is found, with the first bad record; an honest one passes.",
  "R-AUDIT-3":
    "Every type of event is recorded, with who, what and which definition, as its published schema says.",
  "R-AUDIT-4":
    "With fail_closed nothing runs unrecorded and /ready is red; with fail_open what was lost is counted and said; both recover by themselves.",
  "R-AUDIT-5":
    "Records in a store are sealed by signed checkpoints: whatever is changed, dropped, added or cut before an exported head is found, and retention breaks nothing.",
  "R-LOG-1": "The level of the logs can be changed while the gateway runs.",
  "R-METRICS-1": "Every documented metric is served to Prometheus, well formed, with bounded labels.",
  "R-METRICS-2": "Metrics are for callers that may read them.",
  "R-METRICS-3": "Alert rules and the dashboard name metrics that exist.",
  "R-TRACE-1":
    "One trace leads from the caller through calls, guards and attempts to what is called, without secrets.",
  "R-TRACE-2": "A collector that is dead or silent delays no call, and what it missed is counted.",
  "R-EXAMPLE-1": "Every example configuration passes the checker, and the driven ones work end to end.",
  "R-START-1":
    "npm start serves the quickstart: two MCP servers, a command, an HTTP API and a governed workflow.",
  "R-SCENARIO-1":
    "Scenarios run on the engine that serves, with time that passes at once and nothing called outside.",
  "R-SCENARIO-2": "A scenario that does not hold says what there was instead, and where it is written.",
  "R-SCENARIO-3": "A file of scenarios or a configuration with mistakes is refused with their places.",
  "R-FOREIGN-1": "The files of an Open MCP Gateway are served as they are.",
  "R-FOREIGN-2": "serve --server shows one server's tools alone.",
  "R-FOREIGN-3": "serve --gateway passes a stdio host on to a running gateway.",
  "R-FOREIGN-4": "A configuration of MCPG is converted, and what could not be is named.",
  "R-CONFORM-1": "The official conformance scenarios that apply pass, in both eras.",
  "R-CONFORM-2":
    "Connections to MCP servers pass the official client scenarios that apply to them, in both eras.",
  "R-IMAGE-1":
    "What the image is made of serves as an unprivileged user without a name, from files that it cannot write, and its health check tells.",
  "R-COMPOSE-1":
    "Each topology of deploy/compose serves with the files that are there: decisions, restarts, replicas behind nginx, tenants.",
  "R-HELM-1":
    "What the Helm chart renders is what Kubernetes takes, holds a configuration that passes the checker, and serves.",
  "R-SYSTEMD-1": "Under the systemd unit the gateway is denied no system call that it makes.",
  "R-NPX-1":
    "The package as it is published installs in a clean folder, and npx runs the gateway from there.",
  "R-INIT-2":
    "Every template of init serves: calls, tokens, decisions, replicas, tenants, and a gateway behind.",
  "R-INIT-3":
    "The air-gapped template serves with keys from a file, without a network, and opens no connection.",
  "R-BACKUP-1": "A store comes back from its backup: instances and decisions go on, and the trail verifies.",
} as const;
