/** A rank beside rank 0: it makes the native calls that rank 0 makes, and hands out the same epochs. */

import { UnrolledError } from '../../base/errors';
import { withShortArrays } from '../../base/messages/formatting';
import { addon } from '../../native/load';
import type { NativeRank, NativeTraining } from '../../native/native';
import type { EpochResult } from '../epoch-result';
import type { Run } from '../loop';
import { sharingOf } from '../options/options';
import { failTogether } from './lead';
import { decodeOrder, type Order } from './orders';

export class Follower {
  readonly #run: Run;
  readonly #group: NativeRank;
  readonly #training: NativeTraining;
  #isOver = false;

  constructor(run: Run, group: NativeRank, training: NativeTraining) {
    this.#run = run;
    this.#group = group;
    this.#training = training;
  }

  get isDone(): boolean {
    return this.#isOver;
  }

  get isClosed(): boolean {
    return this.#isOver;
  }

  /** Does what rank 0 says, up to the end of an epoch, which it gives, or of the training. */
  async next(): Promise<EpochResult | undefined> {
    try {
      for (;;) {
        const order = decodeOrder(await this.#training.say());
        const epoch = await this.#obey(order);
        if (epoch !== undefined || this.#isOver) return epoch;
      }
    } catch (error) {
      if (!this.#isOver) await this.#failed(error);
      throw error;
    }
  }

  /** The caller wants no more epochs: as it should be only where rank 0 wants no more either. */
  async leave(): Promise<void> {
    const order = decodeOrder(await this.#training.say());
    if (order.do === 'end') {
      await this.#end(order).catch(() => {});
      return;
    }
    await this.#failed(`Rank ${this.#group.info().rank} left its loop over the epochs, and rank 0 did not`);
  }

  release(): void {}

  async #obey(order: Order): Promise<EpochResult | undefined> {
    const { model, options, validate } = this.#run;
    const training = this.#training;
    const { Cancellation } = addon();
    switch (order.do) {
      case 'begin':
        throw new UnrolledError('ERR_UNROLLED_INTERNAL', 'the training had begun');
      case 'run':
        await this.#train(order.steps, order.lossSum);
        return undefined;
      case 'validate':
        await training.shareChanges();
        await validate?.(new Cancellation(), sharingOf(options.native));
        return undefined;
      case 'scale':
        await training.setLearningRateScale(order.scale);
        return undefined;
      case 'save':
        await training.requireSameWeights();
        await training.readState();
        return undefined;
      case 'tell':
        await training.shareChanges();
        await training.requireSameWeights();
        return withShortArrays(order.epoch);
      case 'end':
        await this.#end(order);
        model.requireAlive();
        return undefined;
    }
  }

  async #train(steps: number, lossSum: number): Promise<void> {
    const { Cancellation } = addon();
    const run = () => this.#training.run(steps, new Cancellation(), () => {}, lossSum);
    try {
      await this.#run.model.making(run);
    } catch (error) {
      // Rank 0 has it too, and ends the training.
      if ((error as UnrolledError).code !== 'ERR_UNROLLED_NON_FINITE_LOSS') throw error;
    }
  }

  async #end({ failure }: Extract<Order, { do: 'end' }>): Promise<void> {
    this.#isOver = true;
    await this.#training.shareChanges();
    if (failure === undefined) return;
    const { code, fault, advice } = failure;
    throw new UnrolledError(code, fault, advice === undefined ? {} : { advice });
  }

  async #failed(reason: unknown): Promise<void> {
    this.#isOver = true;
    await failTogether(this.#group, reason);
  }
}
