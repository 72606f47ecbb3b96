/**
 * Chinese function words, in simplified characters: particles, pronouns, measure words, prepositions, conjunctions,
 * auxiliaries, adverbs of degree and time and the like, which say little about the subject of a text. Each is one word
 * as `split: 'word'` splits. Negations (不, 没, 没有, 别, 无, 未) are not in the list, because they reverse the meaning of a
 * text; add them if that does not matter.
 */
export const CHINESE_STOP_WORDS: readonly string[] = Object.freeze(
  `
  的 了 着 过 地 得 之 所 等 等等 们 第 似的 一样 般
  啊 呀 吧 呢 吗 嘛 哦 噢 嗯 哎 唉 哇 哈 哈哈 呵呵 嘿 喔 哟 啦 罢了 而已
  我 你 您 他 她 它 咱 我们 你们 他们 她们 它们 咱们 自己 自身 本人 大家 人家 别人 彼此 各自
  我的 你的 他的 她的 它的 那是 的话 之一
  这 那 这个 那个 这些 那些 这里 那里 这儿 那儿 这边 那边 这样 那样 这么 那么 这种 那种 此 该 本 某
  某些 其 其他 其它 其余 其中 另 另外
  谁 什么 哪 哪个 哪些 哪里 哪儿 怎么 怎样 如何 为何 为什么 几 多少 何 何时
  一 一个 一些 一种 一下 一点 一直 一般 一切 一定 两 个 些 种 位 只 件 次 每 各 各种 各个 有些
  许多 全部 所有 任何
  在 从 自 自从 到 往 向 朝 于 由 由于 对 对于 关于 至于 把 被 将 给 让 叫 使 为 为了 以 以及
  用 按 按照 根据 依照 通过 随着 沿着 经过 除了 除 比 跟 和 与 同 及 或 或者 还是 还 而 而且 并
  并且 且 以便 以免 则 即 即使 虽 虽然 尽管 但 但是 可是 然而 不过 只是 因 因为 因此 所以 于是 如
  如果 假如 要是 若 倘若 只要 只有 无论 不管 不论 除非 既 既然 然后 接着 另一方面 总之 例如 比如 譬如
  就是 就算 以至 甚至 从而 反而 何况 况且 与其 宁可
  是 有 可以 可能 可 能 能够 会 要 想要 应 应该 应当 必须 需要 得以
  也 都 又 再 再次 就 才 却 便 曾 曾经 已 已经 正 正在 将要 刚 刚刚 刚才 马上 立刻 常 常常 经常
  往往 总是 总 又是 也是 都是 还有 更 更加 最 很 太 挺 非常 十分 特别 极 极其 比较 较 相当 稍 稍微
  有点 越 越来越 几乎 差不多 大约 大概 左右 似乎 好像 仿佛 其实 当然 的确 确实 究竟 到底 毕竟 居然
  竟然 果然 原来 本来 终于 始终 仍 仍然 依然 依旧 尤其 仅 仅仅 光 单 共 一共 一起 一同 互相 相互
  分别 直接 逐渐 渐渐 忽然 突然
  上 下 里 内 外 中 前 后 左 右 间 旁 以上 以下 以前 以后 以内 以外 之前 之后 之间 之中 之内 之外
  上面 下面 里面 外面 前面 后面 当 当时 时 时候 现在 目前 如今 后来 随后 此后 同时 起来 出来 下来
  下去 上去 过来 过去 出去 进来 进去 回来 来 去
  `
    .trim()
    .split(/\s+/),
);
