/** What a terminal shows, of 40, 80 and 200 columns, and of fewer than before. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { classFigures, confusionText, figuresTable } from '../../src/cli/classify/figures';
import { progressDisplay } from '../../src/cli/terminal/progress';
import { readingDisplay } from '../../src/cli/terminal/reading-display';
import { fitLine } from '../../src/cli/terminal/status-bar';
import { isolatedName, nameShower } from '../../src/cli/terminal/visible-text';
import { cutTo, widthOf, wrapped } from '../../src/cli/terminal/width';
import { type FitProgress, TextClassifier, TextVectorizer } from '../../src/index';
import { runCli } from '../support/cli';
import { hasTerminal, runInTerminal } from '../support/terminal';

const WIDTHS = [40, 80, 200];

/** A character, or an order to the terminal. */
const PIECES = /\p{Cc}\[\d*[A-Z]|[\s\S]/gu;

/** A line of progress that was drawn, with the orders around it. */
const DRAWN = /\r(\P{Cc}*)\p{Cc}\[J\r?/gu;

/** Displays that a test began: one that fails must not leave its bar's timer behind. */
const displays: { clear(): void }[] = [];

function begun<T extends { clear(): void }>(display: T): T {
  displays.push(display);
  return display;
}

/** A terminal's screen: rows of cells, and how a window that is made narrower shows them. */
class Screen {
  readonly stream: NodeJS.WriteStream;
  columns: number;
  readonly #wraps: boolean;
  #rows: string[] = [''];
  #row = 0;
  #column = 0;

  /** @param wraps whether a long row becomes several in a narrower window, or is cut. */
  constructor(columns: number, wraps: boolean) {
    this.columns = columns;
    this.#wraps = wraps;
    const screen = this;
    this.stream = {
      isTTY: true,
      get columns() {
        return screen.columns;
      },
      write: (text: string) => {
        screen.#take(text);
        return true;
      },
    } as unknown as NodeJS.WriteStream;
  }

  get text(): string {
    return this.#rows.map((row) => row.trimEnd()).join('\n');
  }

  narrow(columns: number): void {
    this.columns = columns;
    if (!this.#wraps) {
      this.#rows = this.#rows.map((row) => row.slice(0, columns));
      this.#column = Math.min(this.#column, columns - 1);
      return;
    }
    const rows: string[] = [];
    let [atRow, atColumn] = [0, 0];
    for (const [index, row] of this.#rows.entries()) {
      if (index === this.#row) {
        atRow = rows.length + Math.floor(this.#column / columns);
        atColumn = this.#column % columns;
      }
      const trimmed = row.trimEnd();
      rows.push(trimmed.slice(0, columns));
      for (let at = columns; at < trimmed.length; at += columns) rows.push(trimmed.slice(at, at + columns));
    }
    [this.#rows, this.#row, this.#column] = [rows, atRow, atColumn];
  }

  #take(text: string): void {
    for (const [piece] of text.matchAll(PIECES)) {
      const row = this.#rows[this.#row] ?? '';
      if (piece === '\r') this.#column = 0;
      else if (piece === '\n') this.#next();
      else if (piece === '\x1b[J' || piece === '\x1b[K') {
        this.#rows[this.#row] = row.slice(0, this.#column);
        if (piece === '\x1b[J') this.#rows.length = this.#row + 1;
      } else {
        assert.ok(!piece.startsWith('\x1b'), `the screen knows no ${JSON.stringify(piece)}`);
        if (this.#column === this.columns) this.#next();
        const line = this.#rows[this.#row] ?? '';
        this.#rows[this.#row] = line.slice(0, this.#column).padEnd(this.#column) + piece + line.slice(this.#column + 1);
        this.#column++;
      }
    }
  }

  #next(): void {
    this.#row++;
    this.#column = 0;
    this.#rows[this.#row] ??= '';
  }
}

function progressAt(firstStep: number): FitProgress {
  return {
    ...{ epoch: 0, firstStep, losses: Float64Array.of(2, 3), gradientNorms: Float64Array.of(1, 1) },
    ...{
      learningRates: Float64Array.of(0.1, 0.05),
      stepsPerEpoch: 100,
      totalSteps: 100,
      tokensPerSecond: 1234.5,
      seconds: 10,
    },
  };
}

describe('a terminal', function () {
  this.timeout(120_000);

  afterEach(() => {
    for (const display of displays.splice(0)) display.clear();
  });

  it('has the figures before the bar, and the time left before other figures', () => {
    const shown = (columns: number) => {
      const screen = new Screen(columns, true);
      const display = begun(progressDisplay(screen.stream));
      display.update(progressAt(48));
      const { text } = screen;
      display.clear();
      assert.equal(screen.text, '');
      return text;
    };
    assert.equal(
      shown(200),
      `${'='.repeat(15)}${'-'.repeat(15)} 50%  epoch 1  loss 2.5000  1,235 tokens/s  10s left  lr 0.05`,
    );
    assert.match(shown(80), /^=+-+ 50% {2}epoch 1 {2}loss 2\.5000 {2}1,235 tokens\/s {2}10s left {2}lr 0\.05$/);
    assert.equal(widthOf(shown(80)), 79);
    assert.equal(shown(61), '50%  epoch 1  loss 2.5000  1,235 tokens/s  10s left  lr 0.05');
    assert.match(shown(60), /^=+-+ 50% {2}epoch 1 {2}loss 2\.5000 {2}1,235 tokens\/s {2}10s left$/);
    assert.equal(shown(40), '50%  epoch 1  loss 2.5000  10s left');
    assert.equal(shown(30), '50%  loss 2.5000  10s left');
    assert.equal(shown(16), '50%  10s left');
    for (let columns = 1; columns < 220; columns++) assert.ok(widthOf(shown(columns)) < columns || columns === 1);
  });

  it('has the figures of a reading before its bar and its name', () => {
    for (const columns of [...WIDTHS, 30, 20]) {
      const screen = new Screen(columns, true);
      const display = begun(readingDisplay('a very long name of a file that nobody has to read.txt', screen.stream));
      display.update({ received: 5e6, total: 1e7, pass: 1 });
      assert.match(screen.text, /50%.* left$/);
      assert.ok(widthOf(screen.text) < columns);
      display.clear();
      assert.equal(screen.text, '');
    }
  });

  for (const wraps of [true, false]) {
    it(`has no scraps once it is made narrower, where it ${wraps ? 'wraps' : 'cuts'} what it has`, async () => {
      const screen = new Screen(200, wraps);
      const { stream } = screen;
      stream.write('before\n');
      const display = begun(progressDisplay(stream));
      display.update(progressAt(10));
      for (const [step, columns] of [
        [20, 80],
        [40, 40],
        [48, 13],
      ] as const) {
        screen.narrow(columns);
        // The bar is drawn ten times a second at most.
        await new Promise((resolve) => setTimeout(resolve, 250));
        display.update(progressAt(step));
        const [before, line = '', ...scraps] = screen.text.split('\n');
        assert.deepEqual([before, scraps], ['before', []]);
        assert.match(line, /^[=-]* ?\d+%/);
        assert.ok(line.length < columns);
      }
      screen.narrow(8);
      display.clear();
      stream.write('after\n');
      assert.equal(screen.text, 'before\nafter\n');
    });
  }

  it('cuts and wraps by the columns that characters take', () => {
    assert.equal(cutTo('床前明月光', 10), '床前明月光');
    assert.equal(cutTo('床前明月光', 9), '床前明月…');
    assert.equal(cutTo('床前明月光', 8), '床前明…');
    assert.equal(cutTo('abc', 2), 'a…');
    assert.equal(cutTo('abc', 0), '');
    // Signs above and below others take no column, and stay with them.
    const widths: [string, number][] = [
      ['ภาษาไทยที่ดี', 9],
      ['العَرَبِيَّة', 7],
      ['e\u0301\u0323', 1],
      ['ㄅㄆ', 4],
      ['a\u200db', 2],
    ];
    for (const [text, width] of widths) assert.equal(widthOf(text), width, text);
    assert.equal(cutTo('กี่กี่กี่', 3), 'กี่กี่กี่');
    assert.equal(cutTo('กี่กี่กี่', 2), 'กี่…');
    assert.equal(wrapped('one two three', 7), 'one two\nthree');
    assert.equal(fitLine(20, 0.5, [{ text: '50%', goes: 0 }]), '========-------- 50%');
  });

  it('has precision, recall and F1 of every class, and the confusions as far as they fit', () => {
    const figures = [
      { texts: 10, precision: 0.5, recall: 0.25, f1: 1 / 3 },
      { texts: 0, precision: undefined, recall: undefined, f1: undefined },
    ];
    assert.equal(
      figuresTable(['体育', 'a class of a long name'], figures, 40),
      [
        'class   texts  precision  recall      F1',
        '体育       10     0.5000  0.2500  0.3333',
        'a cla…      0          –       –       –',
        'mean       10     0.5000  0.2500  0.3333',
      ].join('\n'),
    );
    const names = Array.from({ length: 13 }, (_, i) => `c${i}`);
    const none = names.map(() => names.map(() => 0));
    assert.equal(confusionText(names, none, 80), 'every text was classified correctly');
    const some = none.map((row) => [...row]);
    for (const [is, taken, count] of [
      [3, 4, 7],
      [12, 0, 9],
      [0, 1, 7],
    ] as const)
      (some[is] as number[])[taken] = count;
    const expected = [
      'the most frequent confusions (--json has every count):',
      'true class  predicted  texts',
      'c12         c0             9',
      'c0          c1             7',
      'c3          c4             7',
    ];
    assert.equal(confusionText(names, some, 80), expected.join('\n'));
    assert.match(
      confusionText(
        names.slice(0, 12),
        some.slice(0, 12).map((row) => row.slice(0, 12)),
        80,
      ),
      /^true class .*\n {5}c0 {2}c1/,
    );
    assert.match(
      confusionText(
        names.slice(0, 12),
        some.slice(0, 12).map((row) => row.slice(0, 12)),
        40,
      ),
      /^the most frequent confusions/,
    );
  });

  describe('of the command line', () => {
    let folder = '';
    let model = '';
    const names = Array.from({ length: 200 }, (_, i) => `${'a rather long name of a class '.repeat(i % 3)}${i}`);

    before(async function () {
      if (!hasTerminal()) this.skip();
      folder = mkdtempSync(join(tmpdir(), 'unrolled-test-'));
      model = join(folder, 'many.safetensors');
      const vectorizer = await TextVectorizer.adapt(['one two three four five six seven eight']);
      using classifier = TextClassifier.create({ vectorizer, classNames: names, embedding: 8, hidden: 8 });
      await classifier.save(model);
      for (const [i, name] of names.entries()) {
        mkdirSync(join(folder, 'texts', name), { recursive: true });
        writeFileSync(join(folder, 'texts', name, 'a.txt'), ['one', 'two', 'three four'][i % 3] as string);
      }
    });

    after(() => rmSync(folder, { recursive: true, force: true }));

    it('keeps 200 classes within its width', async () => {
      const args = ['classify', 'evaluate', model, join(folder, 'texts')];
      for (const columns of WIDTHS) {
        const { status, sent } = await runInTerminal(columns, ...args);
        const lines = sent.replaceAll('\r', '').trimEnd().split('\n');
        assert.equal(status, 0);
        for (const line of lines) assert.ok(widthOf(line) <= columns, `${columns} columns: ${line}`);
        assert.ok(lines.some((line) => /^class +texts +precision +recall +F1$/.test(line)));
        assert.ok(lines.some((line) => /^mean +200 +0\.\d{4} +0\.\d{4} +0\.\d{4}$/.test(line)));
        assert.match(
          sent.replaceAll(/\s+/g, ' '),
          /the most frequent confusions, 20 of \d+ \(--json has every count\):/,
        );
        assert.ok(lines.length < 240);
      }
      const piped = await runCli(...args);
      assert.ok(piped.stdout.length < 20_000);
      const { confusion, precision, recall, f1 } = JSON.parse((await runCli(...args, '--json')).stdout);
      assert.deepEqual([confusion.length, precision.length, recall.length, f1.length], [200, 200, 200, 200]);
      const right = confusion.map((row: number[], label: number) => row[label] as number);
      assert.deepEqual(recall, right);
    });

    it('shows a training within its width, with the time left', async () => {
      const text = join(folder, 'text.txt');
      writeFileSync(text, 'the quick brown fox jumps over the lazy dog.\n'.repeat(400));
      for (const columns of WIDTHS) {
        const { status, sent } = await runInTerminal(columns, 'train', text, '--hidden', '48', '--epochs', '2');
        assert.equal(status, 0);
        const drawn = Array.from(sent.matchAll(DRAWN), ([, line = '']) => line).filter((line) => line !== '');
        assert.ok(drawn.length > 0);
        for (const line of drawn) {
          assert.ok(widthOf(line) < columns, line);
          assert.match(line, /\d+% .*loss \d.* left/);
          if (columns >= 80) assert.match(line, /^[=-]{4,} .*tokens\/s .* lr /);
        }
        // The bar is gone where something else is printed.
        assert.doesNotMatch(sent.replaceAll(DRAWN, ''), /left/);
      }
    });

    it('shows the training of a classifier, with the texts it has read', async () => {
      const { status, sent } = await runInTerminal(80, 'classify', 'train', join(folder, 'texts'), '--epochs', '3');
      assert.equal(status, 0);
      const drawn = Array.from(sent.matchAll(DRAWN), ([, line = '']) => line);
      assert.ok(
        drawn.some((line) => /^[=-]{4,} .*texts\/s/.test(line)),
        drawn.join('\n'),
      );
    });
  });
});

describe('a name that is written from right to left', () => {
  const NAMES = ['ספורט', 'news', 'أخبار'];
  const confusion = [
    [5, 1, 0],
    [0, 7, 2],
    [0, 0, 9],
  ];

  it('is isolated in the tables of a terminal, and takes no more columns; its figures stay behind it', () => {
    const show = nameShower({ isTTY: true });
    const plain = nameShower({ isTTY: false });
    for (const columns of [80, 40]) {
      const tables = (way: (name: string) => string) =>
        [
          figuresTable(NAMES, classFigures(confusion), columns, way),
          confusionText(NAMES, confusion, columns, way),
        ].join('\n');
      const shown = tables(show);
      assert.equal(shown.replace(/[\u2068\u2069]/g, ''), tables(plain));
      for (const name of ['ספורט', 'أخبار']) {
        assert.equal(shown.split(`\u2068${name}\u2069`).length, shown.split(name).length, shown);
      }
      assert.ok(!/\u2068news/.test(shown));
    }
    // A name that is cut is closed too.
    const long = figuresTable(['ספורט'.repeat(20), 'a', 'b'], classFigures(confusion), 40, show);
    assert.match(long, /\u2068[^\u2069\n]*…\u2069 +6 /);
  });

  it('is isolated whatever controls it has, and left alone where it is no such name', () => {
    assert.equal(isolatedName('a\u202eb\u2069\u2066'), '\u2068ab\u2069');
    for (const name of ['news', '体育', 'é', '']) assert.equal(isolatedName(name), name);
  });
});
