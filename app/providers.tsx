'use client';

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { NuqsAdapter } from 'nuqs/adapters/next/app';
import { type ReactNode, useState } from 'react';
import { Toaster } from 'sonner';
import type { Theme } from '@/components/shell/theme';
import { ThemeProvider, useTheme } from '@/components/shell/theme-provider';

/** Long enough that what the server has just rendered is not fetched again at once. */
const freshForMs = 10_000;

function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: freshForMs,
        retry: 1,
        // A page that wants to stay current says how often itself; coming back to a window with
        // twenty queries must not ask a busy database twenty questions.
        refetchOnWindowFocus: false,
        refetchOnReconnect: true,
      },
      // An action on a database is never repeated without a person asking for it.
      mutations: { retry: 0 },
    },
  });
}

export interface ProvidersProps {
  theme: Theme;
  children: ReactNode;
}

/** What every page has around it: data fetching, the address as state, the theme, notices. */
export function Providers({ theme, children }: ProvidersProps) {
  const [queryClient] = useState(createQueryClient);
  return (
    <QueryClientProvider client={queryClient}>
      <NuqsAdapter>
        <ThemeProvider initial={theme}>
          {children}
          <Notices />
        </ThemeProvider>
      </NuqsAdapter>
    </QueryClientProvider>
  );
}

function Notices() {
  const { theme } = useTheme();
  return (
    <Toaster
      theme={theme}
      // Not at the bottom: the dock with the next action is there.
      position="top-center"
      closeButton
      containerAriaLabel="Notices"
      offset={60}
      mobileOffset={{ top: 60, left: 16, right: 16 }}
      toastOptions={{
        classNames: {
          toast:
            'rounded-lg! border! border-line-2! bg-surface! text-text! shadow-float! font-sans! gap-2.5!',
          title: 'text-sm! font-medium! text-text!',
          description: 'text-sm! text-text-2!',
          actionButton: 'bg-accent! text-on-accent! rounded-md!',
          closeButton: 'bg-surface! border-line-2! text-text-2!',
          error: '[&_[data-icon]]:text-danger!',
          success: '[&_[data-icon]]:text-ok!',
          warning: '[&_[data-icon]]:text-warn!',
          info: '[&_[data-icon]]:text-info!',
        },
      }}
    />
  );
}
