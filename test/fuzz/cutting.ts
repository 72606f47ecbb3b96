/** Texts with delicate places where they are cut: a corpus in a file has the tokens of one in memory. */

import fc from 'fast-check';
import { checkCut, cutPlaces, cutText } from '../support/cut-texts';
import { fuzz } from './support';

fuzz('cutting', fc.record({ text: cutText, lengths: cutPlaces }), async ({ text, lengths }) => checkCut(text, lengths));
