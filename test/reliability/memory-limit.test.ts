/** Under a limit of memory: what cannot fit is refused with a code before it is allocated, and the system never kills. */

import assert from 'node:assert/strict';
import { type ControlGroup, controlGroup } from '../support/control-group';
import { IS_LONG, runProgram } from '../support/program';

const MEGABYTES = 300;

/** Programs that take a size, and sizes of which the first fits and the last does not. */
const WORK: Record<string, { body: string; sizes: number[] }> = {
  'a model that is made': {
    body: `
      const model = create({ hidden: size, embedding: 64 });
      await model.parameters();`,
    sizes: [500, 1500, 2000, 2500, 3000, 4000],
  },
  'a training of a large model': {
    body: `
      const model = create({ hidden: size, embedding: 64 });
      for await (const _ of model.fit(corpus, { batch: 2, window: 8, steps: 2, validation: 0.1 }));`,
    sizes: [400, 1000, 1300, 1500, 1700, 2000],
  },
  'a training with large batches': {
    body: `
      const model = create({ hidden: 400 });
      for await (const _ of model.fit(corpus, { batch: size, window: 32, steps: 2 }));`,
    sizes: [64, 300, 500, 700, 1000],
  },
  'a model that is saved and loaded': {
    body: `
      const path = require('node:path').join(require('node:os').tmpdir(), 'unrolled-test-' + process.pid);
      try {
        const model = create({ hidden: size });
        await model.save(path);
        model.dispose();
        await (await LanguageModel.load(path)).sample('the', { length: 5 });
      } finally {
        require('node:fs').rmSync(path, { force: true });
      }`,
    sizes: [400, 900, 1300, 1700, 2500],
  },
};

describe('a limit of memory', function () {
  this.timeout(600_000);
  let group: ControlGroup | undefined;

  beforeEach(function () {
    group = controlGroup(MEGABYTES * 2 ** 20);
    if (group === undefined) this.skip();
  });
  afterEach(() => {
    group?.remove();
    group = undefined;
  });

  for (const [what, { body, sizes }] of Object.entries(WORK)) {
    it(`is respected by ${what}`, async () => {
      const outcomes: string[] = [];
      for (const size of IS_LONG ? sizes : [sizes[0], sizes.at(-2), sizes.at(-1)]) {
        const program = `
          const size = ${size};
          try { ${body} console.log('done'); } catch (error) { console.log(error.code ?? error.stack); }`;
        const { status, signal, stdout } = await runProgram(program, {
          runner: group?.runner ?? [],
          env: { UNROLLED_THREADS: '2' },
        });
        outcomes.push(`${size}: ${signal ?? status} ${stdout.trim()} ${(group?.peak as number) / 2 ** 20}`);
      }
      const shown = outcomes.join('\n');
      assert.ok(
        outcomes.every((outcome) => / 0 (done|ERR_UNROLLED_OUT_OF_MEMORY) /.test(outcome)),
        shown,
      );
      assert.match(outcomes[0] as string, /done/, shown);
      assert.match(outcomes.at(-1) as string, /OUT_OF_MEMORY/, shown);
    });
  }
});
