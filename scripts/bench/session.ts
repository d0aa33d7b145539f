import type { ActionResult } from '@/lib/core/errors';
import type { RollbackEvent } from '@/lib/core/events';

/** A person's session over HTTP, as a browser has it. */
export class Session {
  private readonly cookies = new Map<string, string>();

  constructor(private readonly base: string) {}

  async signIn(email: string, password: string): Promise<void> {
    const csrf = (await (await this.get('/api/auth/csrf')).json()) as { csrfToken: string };
    const body = new URLSearchParams({ ...csrf, email, password, json: 'true' });
    const response = await this.fetch('/api/auth/callback/credentials', { method: 'POST', body });
    if (!response.ok) throw new Error(`sign-in answered ${response.status}`);
    await response.text();
  }

  get(path: string, signal?: AbortSignal): Promise<Response> {
    return this.fetch(path, signal ? { signal } : {});
  }

  async json<T>(path: string): Promise<T> {
    return (await this.get(path)).json() as Promise<T>;
  }

  async post<T>(action: string, input: unknown): Promise<T> {
    const response = await this.fetch(`/api/actions/${action}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Origin: this.base },
      body: JSON.stringify(input),
    });
    const result = (await response.json()) as ActionResult<T>;
    if (!result.ok) throw new Error(`${action}: ${result.message}`);
    return result.value;
  }

  /** Calls `hear` for each event as it arrives, until the signal. */
  async listen(
    label: string,
    signal: AbortSignal,
    hear: (event: RollbackEvent, arrivedAt: number) => void,
  ): Promise<void> {
    const response = await this.get(`/api/rollbacks/${label}/events`, signal);
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      const arrivedAt = performance.timeOrigin + performance.now();
      text += decoder.decode(chunk, { stream: true });
      const messages = text.split('\n\n');
      text = messages.pop() ?? '';
      for (const message of messages) {
        const data = /^data: (.*)$/m.exec(message)?.[1];
        if (data) hear(JSON.parse(data) as RollbackEvent, arrivedAt);
      }
    }
  }

  private async fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('Cookie', [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await fetch(this.base + path, { ...init, headers, redirect: 'manual' });
    for (const cookie of response.headers.getSetCookie()) {
      const pair = cookie.split(';', 1)[0] ?? '';
      const at = pair.indexOf('=');
      this.cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return response;
  }
}
