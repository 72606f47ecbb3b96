/** Every layer in the runtimes of JavaScript: that of a browser, as Node.js runs it, and that of Node.js itself. */

import { Model } from '../../src/index';
import { useFolder } from '../support/folder';
import { type Expected, expectedRun, ranInJavaScript, requireAllSame, requireRuntime } from './runs';
import { subjects } from './subjects';

for (const runtime of ['onnxruntime-web', 'onnxruntime-node'] as const) {
  describe(`exported layers in ${runtime}`, function () {
    this.timeout(240_000);
    before(function () {
      requireRuntime(this, runtime);
    });
    const at = useFolder({ inMemory: true });

    it('give what they give here, with rows of different lengths', async () => {
      const runs: Expected[] = [];
      for (const [title, options] of subjects()) {
        using model = Model.create({ ...options, seed: 5, initializer: { kind: 'normal', scale: 0.4 } });
        // These runtimes take no input that has a default: the states are zero.
        runs.push(await expectedRun(title, model, at(`${runs.length}.onnx`), { form: 'lengths' }, false));
      }
      requireAllSame(await ranInJavaScript(runtime, runs, at()), runs);
    });

    it('go on from states, a step at a time', async () => {
      const runs: Expected[] = [];
      for (const [title, options] of subjects()) {
        using model = Model.create({ ...options, seed: 5, initializer: { kind: 'normal', scale: 0.4 } });
        const run = expectedRun(title, model, at(`${runs.length}.onnx`), { form: 'step' });
        await run.then(
          (expected) => runs.push(expected),
          () => undefined, // some models have no such form (layers.test.ts)
        );
      }
      requireAllSame(await ranInJavaScript(runtime, runs, at()), runs);
    });
  });
}
