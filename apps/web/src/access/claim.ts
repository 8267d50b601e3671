import { sameText } from './sessions.js';

/** Without letters that look like others. */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const GROUPS = 3;
const GROUP_LETTERS = 4;

/** A code of 60 random bits, in groups that can be read out: `QK7M-2XPA-TT9C`. */
export function newClaimCode(random: (bytes: number) => Buffer): string {
  const letters = [...random(GROUPS * GROUP_LETTERS)].map((byte) => LETTERS[byte % LETTERS.length]!).join('');
  return letters.match(new RegExp(`.{${GROUP_LETTERS}}`, 'g'))!.join('-');
}

/** Whether what somebody has typed is the code, with or without dashes, in letters of either size. */
export function isClaimCode(typed: string, code: string): boolean {
  const plain = (text: string): string => text.toUpperCase().replaceAll(/[\s-]/g, '');
  return sameText(plain(typed), plain(code));
}
