import { eventOf, openKeeper, type Place } from "./keep.ts";

/** A process that seals, and that is killed around its second checkpoint: `sealer.ts <place> <folder> before|after`. */
const [place = "", folder = "", when = ""] = process.argv.slice(2);

let visits = 0;
const kill = (): void => {
  visits += 1;
  if (visits === 2) process.kill(process.pid, "SIGKILL");
};

const keeper = await openKeeper(JSON.parse(place) as Place, folder, {
  through: (table) => ({
    ...table,
    async add(checkpoint, positions) {
      if (when === "before") kill();
      const added = await table.add(checkpoint, positions);
      if (when === "after") kill();
      return added;
    },
  }),
});
for (let index = 0; ; index += 1) {
  await keeper.record([
    eventOf("wf_1", index),
    eventOf(`wf_${process.pid}`, index),
    eventOf(undefined, index),
  ]);
  await new Promise((done) => setTimeout(done, 20));
}
