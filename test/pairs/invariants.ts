/** What must hold of every configuration, whatever its features are. */

import assert from 'node:assert/strict';
import { type Callback, callbacks, type EpochResult, LanguageModel, type TrainingOptions } from '../../src/index';
import type { Configuration } from './factors';
import { callbacksOf, frozenOf, type Maker, makerOf, type Subject, trainingOf } from './subjects';

const EPOCHS = 3;

const CUT = 'cut here';

/** An epoch without what the clock says. */
type Figures = Omit<EpochResult, 'tokensPerSecond' | 'seconds'>;

/** What a training left. */
interface Outcome {
  subject: Subject;
  epochs: Figures[];
}

function timeless({ tokensPerSecond, seconds, ...figures }: EpochResult): Figures {
  return figures;
}

/** Ends a training at a step, as a power cut would. */
function breaksAt(steps: number): Callback {
  return {
    everySteps: steps,
    onStep: () => {
      throw new Error(CUT);
    },
  };
}

function isClose(a: number, b: number, tolerance: number): boolean {
  return Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b));
}

class Checks {
  readonly #configuration: Configuration;
  readonly #maker: Maker;
  readonly #at: (name: string) => string;
  readonly #training: TrainingOptions;
  #end: TrainingOptions = { epochs: EPOCHS };
  #firstLoss: number | undefined;

  constructor(configuration: Configuration, maker: Maker, at: (name: string) => string) {
    this.#configuration = configuration;
    this.#maker = maker;
    this.#at = at;
    this.#training = { ...trainingOf(configuration), onWarning: () => {} };
  }

  async #created(threads: number): Promise<Subject> {
    const subject = await this.#maker.create(threads);
    await subject.network.freeze(frozenOf(this.#configuration, subject.network));
    return subject;
  }

  async #trained(subject: Subject, options: TrainingOptions): Promise<Outcome> {
    const own = [...callbacksOf(this.#configuration), ...(options.callbacks ?? [])];
    const epochs: Figures[] = [];
    const training = subject.fit({ ...this.#training, ...this.#end, ...options, callbacks: own });
    for await (const epoch of training) epochs.push(timeless(epoch));
    return { subject, epochs };
  }

  async #sameAs(what: string, expected: Outcome, came: Outcome): Promise<void> {
    assert.deepEqual(await came.subject.parameters(), await expected.subject.parameters(), `${what}: other weights`);
    assert.deepEqual(came.epochs, expected.epochs, `${what}: other figures of epochs`);
  }

  async all(): Promise<void> {
    const { threads, resumeThreads, bound } = this.#configuration;
    const steps = await this.#stepsPerEpoch();
    // In steps it ends within an epoch.
    if (bound === 'steps') this.#end = { steps: 2 * steps + Math.ceil(steps / 2) };
    const fresh = await this.#created(1);
    const begun = await fresh.parameters();
    const whole = await this.#trained(fresh, { threads: 1 });
    this.#firstLoss = whole.epochs[0]?.stepLosses[0];
    await this.#frozen(begun, whole);
    await this.#estimated(steps, begun);
    const other = await this.#trained(await this.#created(threads), {
      threads: 2,
      callbacks: [callbacks.checkpoint({ path: this.#at('each'), everySteps: 1 })],
    });
    await this.#sameAs('two threads, and a checkpoint of each step', whole, other);
    await this.#resumed(whole, steps, resumeThreads);
    await this.#loaded(whole);
    await this.#validated(whole);
    if (this.#maker.elsewhere !== undefined) {
      const elsewhere = await this.#maker.elsewhere();
      await elsewhere.network.freeze(frozenOf(this.#configuration, elsewhere.network));
      await this.#sameAs('data in memory', whole, await this.#trained(elsewhere, { threads: 1 }));
    }
    if (whole.subject.text !== undefined) await this.#ofText(whole.subject.text, begun);
  }

  async #stepsPerEpoch(): Promise<number> {
    const subject = await this.#created(1);
    const { epochs } = await this.#trained(subject, { epochs: 1, steps: undefined });
    subject.network.dispose();
    return epochs[0]?.steps as number;
  }

  /** An estimate tells the steps of the training, and leaves the weights where they are. */
  async #estimated(steps: number, begun: Awaited<ReturnType<Subject['parameters']>>): Promise<void> {
    const subject = await this.#created(1);
    if (subject.estimate === undefined) return;
    const { stepsPerEpoch } = await subject.estimate({ ...this.#training, ...this.#end });
    assert.equal(stepsPerEpoch, steps, 'the estimate has other steps');
    assert.deepEqual(await subject.parameters(), begun, 'the estimate moved weights');
  }

  async #frozen(begun: Awaited<ReturnType<Subject['parameters']>>, { subject }: Outcome): Promise<void> {
    const ended = await subject.parameters();
    const frozen = frozenOf(this.#configuration, subject.network);
    for (const name of frozen) assert.deepEqual(ended[name], begun[name], `the frozen ${name} moved`);
    const moved = Object.keys(ended).some(
      (name) => !frozen.includes(name) && ended[name]?.data.some((value, index) => value !== begun[name]?.data[index]),
    );
    assert.ok(moved, 'no weight moved');
  }

  async #resumed(whole: Outcome, steps: number, threads: number): Promise<void> {
    const { cut } = this.#configuration;
    const last = (whole.epochs.at(-1)?.step as number) + 1;
    const places = {
      'first step': 1,
      within: steps + Math.ceil(steps / 2),
      'end of an epoch': steps,
      'last step': last - 1,
    };
    const at = Math.max(1, Math.min(places[cut], last - 1));
    const path = this.#at('cut');
    const broken = this.#trained(await this.#created(threads), {
      callbacks: [callbacks.checkpoint({ path, everySteps: at }), breaksAt(at + 1)],
    });
    await assert.rejects(broken, { message: CUT }, 'the training was not cut');
    // Cut a second time, by a signal.
    const control = new AbortController();
    const again = this.#at('again');
    const aborting: Callback = { everySteps: Math.min(at + 2, last), onStep: () => control.abort() };
    const interrupted = await this.#maker.load(path, 1);
    const options = { ...this.#boundOf(), onWarning: () => {} };
    const before = interrupted.fit({
      ...{ ...options, resume: path, threads: 1, signal: control.signal },
      callbacks: [...callbacksOf(this.#configuration), callbacks.checkpoint({ path: again }), aborting],
    });
    // Where it comes with the last step the run is over.
    await before.then(
      () => {},
      (error: unknown) => assert.equal((error as { code?: string }).code, 'ERR_UNROLLED_ABORTED', String(error)),
    );
    const subject = await this.#maker.load(again, threads);
    const own = callbacksOf(this.#configuration);
    const epochs: Figures[] = [];
    const going = subject.fit({ ...options, threads, resume: again, callbacks: own });
    for await (const epoch of going) epochs.push(timeless(epoch));
    const told = { subject, epochs: [...whole.epochs.slice(0, whole.epochs.length - epochs.length), ...epochs] };
    await this.#sameAs(`resumed at step ${at}, and again`, whole, told);
    assert.deepEqual(subject.network.frozen, whole.subject.network.frozen, 'resumed: others are frozen');
  }

  /** Where the run ends, as a resumed one is told it. */
  #boundOf(): TrainingOptions {
    const { epochs: _, ...bound } = this.#end;
    return bound;
  }

  async #loaded({ subject }: Outcome): Promise<void> {
    await subject.save(this.#at('model'));
    const loaded = await this.#maker.load(this.#at('model'), 1);
    assert.deepEqual(await loaded.parameters(), await subject.parameters(), 'loaded: other weights');
    const outcome = await subject.outcome();
    assert.deepEqual(await loaded.outcome(), outcome, 'loaded: another outcome');
    assert.deepEqual(await subject.outcome(), outcome, 'the outcome is another the second time');
    assert.deepEqual(loaded.network.frozen, subject.network.frozen, 'loaded: others are frozen');
  }

  async #validated({ subject, epochs }: Outcome): Promise<void> {
    // Early stopping has given the best epoch's weights back.
    if (subject.validationLoss === undefined || this.#configuration.callbacks === 'early stopping') return;
    const [told, scored] = [epochs.at(-1)?.validationLoss as number, await subject.validationLoss()];
    assert.ok(isClose(told, scored, 1e-5), `the last validation loss is ${told}, and evaluate gives ${scored}`);
  }

  async #ofText({ model, inMemory, fitOther }: NonNullable<Subject['text']>, begun: object): Promise<void> {
    const text = 'the cat sat';
    const { logProbability, perToken = [] } = await model.score(text, { perToken: true });
    const sum = perToken.reduce((total, token) => total + token.logProbability, 0);
    assert.ok(isClose(sum, logProbability, 1e-5), `score is ${logProbability}, and of its tokens ${sum}`);
    if (model.vocabulary.kind === 'char') {
      const [last, before] = [text.slice(-1), text.slice(0, -1)];
      const told = (await model.next(before, 1000)).find(({ token }) => token === last)?.logProbability ?? Number.NaN;
      const scored = perToken.at(-1)?.logProbability ?? Number.NaN;
      assert.ok(isClose(told, scored, 1e-4), `next gives ${told}, and score ${scored}`);
    }
    const options = { length: 9, seed: 11, temperature: 0.8 };
    const [alone, together] = [
      await model.sample('the', options),
      await Promise.all([model.sample('the', options), model.sample('a', { ...options, seed: 3 })]),
    ];
    assert.equal(together[0], alone, 'a text depends on what is drawn beside it');
    let streamed = '';
    for await (const piece of model.stream('the', options)) streamed += piece;
    assert.equal(streamed, alone, 'a stream is another text than sample gives');
    const wide = await model.evaluate(inMemory, { batch: 1, window: 64 });
    const narrow = await model.evaluate(inMemory, { batch: 1, window: 2, threads: 2 });
    assert.ok(
      isClose(wide.loss, narrow.loss, 1e-5),
      `evaluate gives ${wide.loss}, and by other windows ${narrow.loss}`,
    );
    assert.equal(wide.tokens, narrow.tokens, 'evaluate counts other tokens by other windows');
    const first = await this.#created(1);
    await first.save(this.#at('fresh'));
    const { vocabulary } = inMemory;
    const begins = await LanguageModel.initFrom(this.#at('fresh'), { vocabulary, threads: 1 });
    assert.deepEqual(await begins.parameters(), begun, 'initFrom: other weights');
    const one = await begins.evaluate(inMemory);
    const two = await first.text?.model.evaluate(inMemory);
    assert.deepEqual(one, two, 'initFrom: another loss');
    // Frozen or not, the first loss is before the first update.
    const { epochs } = await fitOther(begins, {
      ...this.#training,
      steps: 1,
      callbacks: callbacksOf(this.#configuration),
    });
    assert.equal(epochs[0]?.stepLosses[0], this.#firstLoss, 'initFrom: another first loss');
  }
}

/**
 * Holds all invariants of a configuration.
 * @param at a place in an empty folder.
 * @throws AssertionError for one that does not hold.
 */
export async function checkConfiguration(configuration: Configuration, at: (name: string) => string): Promise<void> {
  await new Checks(configuration, await makerOf(configuration, at), at).all();
}
