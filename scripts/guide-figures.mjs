/**
 * Draws figures of the guide, which `npm run figures` writes: how a sum becomes a recurrent network, and the network that
 * reads "hell" and is to say "ello". Labels are formulas and letters alone, so that both languages show the same files.
 */

/** The colours of all figures of the guide, light and dark. */
const STYLE = `<style>
text{fill:#24292f;font:italic 16px Georgia,"Times New Roman",serif;text-anchor:middle;dominant-baseline:central}
.small{font-size:13px}.n{font-style:normal}.start{text-anchor:start}
rect,circle{fill:#f6f8fa;stroke:#57606a;stroke-width:1.2}
.h{fill:#ddeeff;stroke:#2f6fbd}.hot{fill:#fff0c9;stroke:#b7791f}.r{fill:#e6f4e6;stroke:#3b8a3b}
path{fill:none;stroke:#57606a;stroke-width:1.6}
.tip{fill:#57606a;stroke:none}
@media(prefers-color-scheme:dark){
text{fill:#e6edf3}rect,circle{fill:#21262d;stroke:#8b949e}
.h{fill:#12304f;stroke:#6aa9f0}.hot{fill:#4a3a10;stroke:#e3b341}.r{fill:#173a1a;stroke:#6cc070}
path{stroke:#9ba5b0}.tip{fill:#9ba5b0}}
</style>
<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto" markerUnits="userSpaceOnUse"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>`;

const figure = (width, height, label, parts) =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${label}">`,
    STYLE,
    ...parts.flat(Number.POSITIVE_INFINITY),
    '</svg>\n',
  ].join('\n');

const text = (x, y, content, classes = '') => `<text class="${classes}" x="${x}" y="${y}">${content}</text>`;
const arrow = (path) => `<path d="${path}" marker-end="url(#a)"/>`;

/** A box with its label, around a point. */
const box = (x, y, label, kind, { width = 44, classes = '' } = {}) => [
  `<rect class="${kind}" x="${x - width / 2}" y="${y - 17}" width="${width}" height="34" rx="7"/>`,
  text(x, y, label, classes),
];
const circle = (x, y, label) => [`<circle class="h" cx="${x}" cy="${y}" r="15"/>`, text(x, y, label, 'n')];

const WORDS = ['I', 'love', 'deep', 'learning'];
const SUBSCRIPTS = ['₀', '₁', '₂', '₃', '₄'];

/** Four rows of one picture: the sum at once, word by word, with matrices, and with a function around it. */
export function sumsToNetwork() {
  const [width, first, step] = [640, 190, 112];
  const at = (t) => first + t * step;
  const last = at(WORDS.length - 1);
  const inputs = (y) => WORDS.map((word, t) => box(at(t), y, word, '', { width: 84, classes: 'n small' }));
  const name = (y, letter) => text(24, y, letter, 'n');

  /** The words' vectors go into one sum. */
  const atOnce = [
    name(40, 'a'),
    inputs(110),
    circle((at(0) + last) / 2, 40, '+'),
    WORDS.map((_, t) => {
      const [x, centre] = [at(t), (at(0) + last) / 2];
      const [dx, dy] = [centre - x, -53];
      const length = Math.hypot(dx, dy);
      const [endX, endY] = [centre - (dx / length) * 16, 40 - (dy / length) * 16];
      return arrow(`M${x} 93L${endX.toFixed(1)} ${endY.toFixed(1)}`);
    }),
    arrow(`M${(at(0) + last) / 2 + 15} 40H${last + 32}`),
    box(last + 56, 40, 'h', 'h'),
  ];

  /** One word after another, with what stands on the arrows and in the nodes. */
  const chain = (y, letter, { node, state, input }) => [
    name(y, letter),
    inputs(y + 78),
    box(70, y, 'h₀ = 0', 'h', { width: 66 }),
    WORDS.map((_, t) => {
      const x = at(t);
      const from = t === 0 ? 103 : at(t - 1) + 19;
      const drawn = node === '+' ? circle(x, y, '+') : box(x, y, node, 'h', { width: 38, classes: 'n small' });
      return [
        arrow(`M${from - (node === '+' && t > 0 ? 4 : 0)} ${y}H${x - (node === '+' ? 16 : 20)}`),
        state === '' ? [] : text((from + x - 19) / 2, y - 13, state, 'small'),
        arrow(`M${x} ${y + 61}V${y + (node === '+' ? 16 : 18)}`),
        input === '' ? [] : text(x + 12, y + 39, input, 'small'),
        drawn,
        t === WORDS.length - 1 ? [] : text(x + 38, y + 15, `h${SUBSCRIPTS[t + 1]}`, 'small'),
      ];
    }),
    arrow(`M${last + (node === '+' ? 15 : 19)} ${y}H${last + 49}`),
    box(last + 72, y, 'h₄', 'h'),
  ];
  const rows = [
    atOnce,
    chain(190, 'b', { node: '+', state: '', input: '' }),
    chain(340, 'c', { node: '+', state: 'I', input: 'I' }),
    chain(490, 'd', { node: 'tanh', state: 'W', input: 'U' }),
  ];
  const label = 'A sum of word vectors: at once, word by word, with identity matrices, and with weights and tanh';
  return figure(width, 600, label, rows);
}

/** "hell" as columns of one 1 and else zeros, the states they lead to, and the letters that should come out. */
export function helloUnrolled() {
  const letters = ['h', 'e', 'l', 'o'];
  const [read, said] = [[...'hell'], [...'ello']];
  const at = (t) => 150 + t * 120;
  const cell = (x, y, value, kind) => [
    `<rect class="${kind}" x="${x - 15}" y="${y}" width="30" height="20"/>`,
    text(x, y + 10, value, 'n small'),
  ];
  const columns = read.map((letter, t) => {
    const x = at(t);
    return [
      letters.map((one, row) => cell(x, 262 + row * 20, one === letter ? 1 : 0, one === letter ? 'hot' : '')),
      text(x, 362, letter),
      arrow(`M${x} 262V216`),
      text(x + 13, 240, 'U', 'small'),
      box(x, 198, `h${SUBSCRIPTS[t + 1]}`, 'h'),
      arrow(`M${x} 181V135`),
      text(x + 13, 158, 'O', 'small'),
      letters.map((one, row) => cell(x, 54 + row * 20, one, one === said[t] ? 'r' : '')),
      text(x, 34, said[t]),
      arrow(`M${t === 0 ? 82 : at(t - 1) + 22} 198H${x - 23}`),
      text(t === 0 ? 104 : x - 60, 185, 'W', 'small'),
    ];
  });
  const rows = [
    box(50, 198, 'h₀ = 0', 'h', { width: 64 }),
    columns,
    letters.map((letter, row) => text(100, 272 + row * 20, letter, 'small')),
    text(50, 302, 'x', ''),
    text(50, 94, 'y', ''),
  ];
  const label = 'The network unrolled over h, e, l, l: one-hot columns below, states, and above the letters e, l, l, o';
  return figure(560, 380, label, rows);
}

/** Names of files in docs/images/guide, and what draws them. */
export const GUIDE_FIGURES = { 'sums-to-network.svg': sumsToNetwork, 'hello-unrolled.svg': helloUnrolled };
