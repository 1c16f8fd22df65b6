import { join } from "node:path";
import { expect, test } from "vitest";
import { repository } from "../harness/gateway-process.ts";
import { walk, type Walk } from "./walk.ts";

const API = {
  script: "payroll.mjs",
  portVariable: "PAYROLL_PORT",
  urlVariable: "PAYROLL_URL",
  documentedPort: 8792,
};

async function payments(story: Walk): Promise<readonly any[]> {
  const response = await fetch(`${story.apiUrl}/payments`, {
    headers: { authorization: "Bearer payroll-token-of-the-example" },
  });
  return ((await response.json()) as { payments: any[] }).payments;
}

test("expense-approval takes one signature, two tiers or a quorum, by the amount [R-EXAMPLE-1] [R-FLOW-6]", async () => {
  await using story = await walk("expense-approval", { api: API });
  const claim = { employee: "ada@acme.example", category: "travel", purpose: "Train to Vienna" };

  story.transcript.say("a small claim: the manager alone");
  const small = await story.start("expense_claim", { ...claim, amount: 240.1 });
  expect(small.links.map(({ rel }: any) => rel)).toEqual(["ask_manager", "withdraw"]);
  await story.submit("ask_manager");
  await story.decide("approve", "--as", "mia", "--role", "manager");
  await story.settled(({ workflow }) => workflow.state === "payable");
  const paid = await story.submit("pay");
  expect(paid.result).toMatchObject({ status: "completed" });
  expect(await payments(story)).toMatchObject([
    { cents: 24_010, employee: "ada@acme.example", reference: paid.workflow.id },
  ]);

  story.transcript.say("a large one: the manager, then two people of finance");
  await story.start("expense_claim", {
    ...claim,
    amount: 7200,
    category: "training",
    purpose: "A year of courses",
  });
  await story.submit("ask_manager");
  await story.decide("approve", "--as", "mia", "--role", "manager");
  await story.settled(({ workflow }) => workflow.state === "finance_board");
  await story.submit("ask_finance_board");
  await story.decide("approve", "--as", "tom", "--role", "finance");
  const twice = await story.decide("approve", "--as", "tom", "--role", "finance");
  expect(twice.code).toBe(1);
  await story.decide("approve", "--as", "una", "--role", "finance");
  await story.settled(({ workflow }) => workflow.state === "payable");
  await story.submit("pay");
  expect(await payments(story)).toHaveLength(2);

  story.transcript.say("what the policy does not allow, and what a manager does not want");
  const gift = await story.start("expense_claim", {
    ...claim,
    amount: 30,
    category: "gifts",
    purpose: "Flowers for the team",
  });
  expect(gift.links.map(({ rel }: any) => rel)).toEqual(["accept_refusal", "withdraw"]);
  await story.start("expense_claim", { ...claim, amount: 900 });
  await story.submit("ask_manager");
  const agent = await story.decide("approve", "--as", "tom", "--role", "finance");
  expect(agent.code).toBe(1);
  await story.decide("reject", "--as", "mia", "--role", "manager", "--reason", "Take the slower train.");
  const refused = await story.settled(({ workflow }) => workflow.state === "refused");
  expect(refused.result.status).toBe("completed");
  expect(await payments(story)).toHaveLength(2);

  const { held, happened } = story.transcript.inReadme(
    join(repository, "examples/expense-approval/README.md"),
  );
  expect(held).toBe(happened);
});
