import { describe, expect, it } from 'vitest';
import { hashPassword, passwordSchema, verifyPassword } from './password';

describe('a password', () => {
  it('is kept as argon2id with the recommended cost, salted anew each time', async () => {
    const [one, two] = await Promise.all([
      hashPassword('the same one'),
      hashPassword('the same one'),
    ]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(two);
    expect(await verifyPassword(one, 'the same one')).toBe(true);
    expect(await verifyPassword(two, 'the same one')).toBe(true);
  });

  it.each(['The same one', 'the same one ', '', 'the same on'])('is not %j', async (guess) => {
    expect(await verifyPassword(await hashPassword('the same one'), guess)).toBe(false);
  });

  it('of nobody fits nothing, after the same work', async () => {
    expect(await verifyPassword(undefined, '')).toBe(false);
    expect(await verifyPassword(undefined, 'the same one')).toBe(false);
  });

  it.each([
    ['a'.repeat(11), false],
    ['a'.repeat(12), true],
    ['a'.repeat(200), true],
    ['a'.repeat(201), false],
  ])('may have 12 to 200 characters', (text, ok) => {
    expect(passwordSchema.safeParse(text).success).toBe(ok);
  });
});
