import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../harness/gateway-process.ts";
import { walk } from "./walk.ts";

const HASTY =
  "Our new export is amazing! It finally lets you choose between many formats, and you will love every single one of them because they are all so very fast! Try it out today, tell your friends, and send us a postcard!";
const CALM =
  "You can now export every report as a spreadsheet, a document or a picture. Choose the format in the dialogue that opens when you press Export. Large reports no longer stop half way: they are prepared in the background, and you get a message when they are ready.";

test("content-publishing publishes once, after the style check and an editor [R-EXAMPLE-1] [R-FLOW-6]", async () => {
  await using story = await walk("content-publishing", {
    api: { script: "cms.mjs", portVariable: "CMS_PORT", urlVariable: "CMS_URL", documentedPort: 8791 },
  });
  await story.start("publish_article", { topic: "The new export", audience: "customers" });
  const hasty = await story.submit("save_draft", { title: "Export, now better!", body: HASTY });
  expect(hasty.context.style.problems).toEqual([
    "no exclamation marks",
    expect.stringContaining("a sentence of more than 30 words"),
  ]);
  expect(hasty.links.map(({ rel }: any) => rel)).toEqual(["revise", "give_up"]);

  const revising = await story.submit("revise");
  expect(revising.links[0].args.arguments).toEqual({ title: "Export, now better!", body: HASTY });
  await story.submit("save_draft", { title: "Export in three formats", body: CALM });
  const asked = await story.submit("ask_editor");
  expect(asked.result.status).toBe("pending");
  expect(asked.workflow.state).toBe("checking");

  const refused = await story.decide(
    "reject",
    "--as",
    "mia",
    "--role",
    "editor",
    "--reason",
    "Say when it arrives.",
  );
  expect(refused.code).toBe(0);
  await story.settled(({ workflow }) => workflow.state === "writing");
  await story.submit("save_draft", {
    title: "Export in three formats",
    body: `${CALM} It arrives on Monday.`,
  });
  await story.submit("ask_editor");
  const approved = await story.decide(
    "approve",
    "--as",
    "mia",
    "--role",
    "editor",
    "--input",
    '{"section":"guides"}',
  );
  expect(approved.code).toBe(0);
  const published = await story.settled(({ workflow }) => workflow.state === "published");
  expect(published.context).toMatchObject({ articleId: 1, drafts: 3 });

  // The system was busy at first and asked again with the same key: one article.
  const { articles } = (await (await fetch(`${story.apiUrl}/articles`)).json()) as { articles: unknown[] };
  expect(articles).toHaveLength(1);

  const { held, happened } = story.transcript.inReadme(
    join(repository, "examples/content-publishing/README.md"),
  );
  expect(held).toBe(happened);
});
