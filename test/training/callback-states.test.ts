/**
 * What a callback remembers goes through the checkpoint's file, and what it does later is by that: the best epoch before a
 * cut stays the best after it.
 */

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync } from 'node:fs';
import {
  type Callback,
  callbacks,
  type EpochResult,
  History,
  LanguageModel,
  type TrainingOptions,
} from '../../src/index';
import { readCheckpoint } from '../../src/training/checkpoint/checkpoint-file';
import { useFolder } from '../support/folder';
import { CORPUS, collect, STREAM, smallModel, weights } from '../support/models';
import { worsening } from '../support/trainees';

/** A state with everything that a file can hold, changed by its owner after each epoch. */
interface State {
  epochs: number[];
  sums: Float64Array;
  words: { last: string; none: null; yes: boolean };
}

class Remembering implements Callback {
  readonly name = 'remembering';
  state: State = { epochs: [], sums: new Float64Array(3), words: { last: '', none: null, yes: false } };
  /** What it was given back. */
  given: unknown;

  onEpochEnd({ epoch, loss }: EpochResult): void {
    this.state.epochs.push(epoch);
    this.state.sums[epoch % 3] = loss;
    this.state.words.last = `épöch ${epoch}`;
    this.state.words.yes = !this.state.words.yes;
  }

  getState(): unknown {
    return this.state;
  }

  setState(state: unknown): void {
    this.given = structuredClone(state);
    this.state = state as State;
  }
}

describe('the state of a callback', () => {
  const at = useFolder();
  const epochs = 9;

  /** Each with an early epoch that stays the best: the later ones are worse, or not better by enough. */
  const KINDS: Record<string, () => Callback> = {
    earlyStopping: () => callbacks.earlyStopping({ patience: 4 }),
    'earlyStopping of accuracy': () =>
      callbacks.earlyStopping({ patience: 4, monitor: 'validationAccuracy', minDelta: 0.5 }),
    'reduceOnPlateau with a cooldown': () =>
      callbacks.reduceOnPlateau({ patience: 3, cooldown: 1, factor: 0.5, minDelta: 100 }),
    'reduceOnPlateau to a minimum': () =>
      callbacks.reduceOnPlateau({ patience: 1, factor: 0.5, minimum: 0.2, minDelta: 100 }),
    'a checkpoint of the best': () => callbacks.checkpoint({ path: at('best'), keepBest: 'validationLoss' }),
    history: () => new History(),
    remembering: () => new Remembering(),
  };

  const timeless = ({ tokensPerSecond, seconds, ...figures }: EpochResult) => figures;
  const run = (model: LanguageModel, options: TrainingOptions) =>
    collect(model.fit(CORPUS, { ...STREAM, validation: 0.1, epochs, ...options }));

  for (const [name, make] of Object.entries(KINDS)) {
    it(`makes a run that is cut go on as one that is not, the best epoch being before the cut: ${name}`, async () => {
      const worse = name.startsWith('reduce') ? [] : [worsening];
      using whole = smallModel();
      const expected = await run(whole, { callbacks: [make(), ...worse, new History()] });
      const bestFile = name.includes('best') ? readFileSync(at('best')) : undefined;
      // The best is before all cuts; those that reduce the rate have it be the first.
      const best = name.startsWith('reduce') ? 0 : (new History(expected).best()?.epoch as number);
      assert.ok(best < 3, `epoch ${best} is the best`);
      const [{ steps }] = expected as [EpochResult];
      // Between two epochs, and in the midst of one.
      const cuts = [3 * steps, 3 * steps + 10, 4 * steps + 1].filter((cut) => cut < expected.length * steps);
      assert.ok(cuts.length >= 2);
      for (const cut of cuts) {
        using first = smallModel();
        const breaking: Callback = {
          everySteps: cut,
          onStep: (_, control) => control.saveCheckpoint(at('c')),
          onEpochEnd: ({ step }, control) => {
            if (step + 1 === cut) control.saveCheckpoint(at('c'));
            if (step + 1 > cut) throw new Error('cut');
          },
        };
        await assert.rejects(run(first, { callbacks: [make(), ...worse, new History(), breaking] }), /cut/);
        // The first run goes on for a while after the checkpoint: nothing of that is in it.
        copyFileSync(at('c'), at('kept'));
        using resumed = await LanguageModel.load(at('kept'));
        const history = new History();
        await run(resumed, { resume: at('kept'), callbacks: [make(), ...worse, history] });
        assert.deepEqual(history.epochs.map(timeless), expected.map(timeless), `cut after ${cut} steps`);
        assert.deepEqual(await weights(resumed), await weights(whole));
        if (bestFile !== undefined) {
          const path = at('best');
          assert.deepEqual((await readCheckpoint(path)).record.native.steps, (best + 1) * steps);
        }
      }
    });
  }

  it('is what it was when the checkpoint was written, whatever its owner does to it later', async () => {
    using model = smallModel();
    const owner = new Remembering();
    const states: unknown[] = [];
    const saving: Callback = {
      onEpochEnd: ({ epoch }, control) => {
        states.push(structuredClone(owner.state));
        control.saveCheckpoint(at(`c${epoch}`));
      },
    };
    await run(model, { epochs: 4, callbacks: [owner, saving] });
    assert.equal(new Set(states.map((state) => JSON.stringify(state))).size, 4);
    for (const [epoch, state] of states.entries()) {
      const [kept] = (await readCheckpoint(at(`c${epoch}`))).record.callbacks;
      assert.deepEqual(kept, { name: 'remembering', optional: false, state });
      using resumed = await LanguageModel.load(at(`c${epoch}`));
      const other = new Remembering();
      await run(resumed, { epochs: 4, resume: at(`c${epoch}`), callbacks: [other] });
      assert.deepEqual(other.given, state);
      assert.deepEqual(other.state, owner.state);
      assert.notEqual(other.state, owner.state);
      assert.notEqual(other.state.sums, owner.state.sums);
    }
  });

  it('is that of before an epoch that the run cut short, with arrays and objects in it', async () => {
    using model = smallModel();
    const [{ steps }] = (await run(model, { epochs: 1 })) as [EpochResult];
    using cut = smallModel();
    const owner = new Remembering();
    const checkpoint = { path: at('c'), everySteps: 100_000 };
    await run(cut, { steps: 2 * steps + 5, epochs: undefined, checkpoint, callbacks: [owner] });
    assert.deepEqual(owner.state.epochs, [0, 1, 2]);
    const [kept] = (await readCheckpoint(at('c'))).record.callbacks;
    const { epochs: told, sums, words } = (kept as { state: State }).state;
    assert.deepEqual(told, [0, 1]);
    assert.deepEqual([sums[2], words.last, words.yes], [0, 'épöch 1', false]);
  });
});
