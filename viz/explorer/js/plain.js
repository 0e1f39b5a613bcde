// Text out of the data, made fit to be shown: what would act unseen (controls, direction marks, invisible joints) is
// shown by its number, as viz/plain.py does in what is taken along. Nothing is dropped: it is evidence as well.
const ACTING = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\ufdd0-\ufdef\ufff9-\uffff]|[\u{e0000}-\u{e0fff}]|[\u{1fffe}\u{1ffff}\u{2fffe}\u{2ffff}]/gu;

/** `清\u202e风` as `清[U+202E]风`. */
export const plain = (value) => String(value ?? '').replace(ACTING, (found) => `[U+${found.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}]`);
