import NextAuth from 'next-auth';
import { authOptions } from '@/lib/auth/next';

// The options need the environment, which is only there when a request comes.
const handler = (request: Request, context: unknown) =>
  NextAuth(authOptions())(request, context) as Promise<Response>;

export { handler as GET, handler as POST };
