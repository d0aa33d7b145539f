import type { z } from 'zod';

/**
 * What is wrong with the input, for whoever sent it. Our own messages are sentences that stand alone;
 * zod's say nothing without the field.
 */
export function inputProblem(error: z.ZodError): string {
  const messages = error.issues.map(({ message, path }) => {
    if (message.endsWith('.')) return message;
    return path.length === 0 ? `${message}.` : `${path.join('.')}: ${message}.`;
  });
  return [...new Set(messages)].join(' ');
}
