/** The trainer of the example for Electron, in a process of Node.js whose messages take the place of Electron's port. */

import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { FromTrainer, ToTrainer } from '../../examples/electron/messages';
import { EXAMPLE, endTrainer, startTrainer } from '../support/electron-trainer';
import { useFolder } from '../support/folder';

const ORDER = {
  type: 'train',
  text: 'to be or not to be, that is the question. '.repeat(5),
  epochs: 3,
  hidden: 16,
  prompt: 't',
} as const;

describe('the Electron example', () => {
  const at = useFolder();
  let trainer: ChildProcess;

  beforeEach(() => {
    trainer = startTrainer(at());
  });
  afterEach(() => endTrainer(trainer));

  function order(message: ToTrainer): void {
    trainer.send(message);
  }

  /** What the trainer says up to a message that `isLast`. */
  async function hear(isLast: (message: FromTrainer) => boolean): Promise<FromTrainer[]> {
    const heard: FromTrainer[] = [];
    await new Promise<void>((resolve, reject) => {
      const stop = (status: number | null) => reject(new Error(`the trainer ended with ${status}`));
      trainer.once('exit', stop);
      trainer.on('message', function listen(message) {
        heard.push(message as FromTrainer);
        if (!isLast(message as FromTrainer)) return;
        trainer.off('message', listen).off('exit', stop);
        resolve();
      });
    });
    return heard;
  }

  it('streams steps, epochs and text, and trains again', async () => {
    for (const epochs of [3, 1]) {
      order({ ...ORDER, epochs });
      const heard = await hear(({ type }) => type === 'done' || type === 'failed');
      assert.deepEqual(heard.at(-1), { type: 'done' });
      const ended = heard.flatMap((message) => (message.type === 'epoch' ? [message.epoch] : []));
      assert.equal(ended[0], 0);
      assert.equal(ended.at(-1), epochs - 1);
      const steps = heard.flatMap((message) => (message.type === 'progress' ? [message] : []));
      assert.ok(steps.length > 0);
      for (const { loss, tokensPerSecond } of steps) assert.ok(loss > 0 && tokensPerSecond > 0);
      for (const epoch of ended) {
        const text = heard.flatMap((message) =>
          message.type === 'text' && message.epoch === epoch ? message.piece : [],
        );
        assert.equal(text.join('').length, 120);
      }
    }
  }).timeout(60_000);

  it('stops at once when it is told, and says that it did', async () => {
    order({ ...ORDER, epochs: 1e6 });
    await hear(({ type }) => type === 'epoch');
    order({ type: 'stop' });
    const last = (await hear(({ type }) => type === 'done' || type === 'failed')).at(-1);
    assert.ok(last?.type === 'failed');
    assert.equal(last.code, 'ERR_UNROLLED_ABORTED');
  }).timeout(60_000);

  it('says what is wrong with an order, and takes the next', async () => {
    for (const [wrong, code] of [
      [{ text: '' }, 'ERR_UNROLLED_CORPUS_EMPTY'],
      [{ epochs: 0 }, 'ERR_UNROLLED_OPTION_RANGE'],
    ] as const) {
      order({ ...ORDER, ...wrong });
      const [answer] = await hear(({ type }) => type === 'done' || type === 'failed');
      assert.ok(answer?.type === 'failed');
      assert.equal(answer.code, code);
    }
    order({ ...ORDER, epochs: 1 });
    await hear(({ type }) => type === 'done');
  }).timeout(60_000);

  it('gives its window no Node.js, and a page no script but its own', () => {
    const read = (name: string) => readFileSync(path.join(EXAMPLE, name), 'utf8');
    assert.match(read('main.js'), /contextIsolation: true, nodeIntegration: false, sandbox: true/);
    assert.match(read('index.html'), /content="default-src 'none'; script-src 'self'; style-src 'self'"/);
    assert.doesNotMatch(read('index.html'), /<script>|style="| on[a-z]+="/);
    for (const name of ['preload.js', 'renderer.js', 'main.js']) assert.doesNotMatch(read(name), /unrolled'\)/);
  });
});
