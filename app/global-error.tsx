'use client';

import './globals.css';
import PageError, { type PageErrorProps } from '@/app/error';

/** Stands in for the whole document, when the layout itself has failed. */
export default function GlobalError(props: PageErrorProps) {
  return (
    <html lang="en">
      <body>
        <title>Not shown · Backstep</title>
        <PageError {...props} />
      </body>
    </html>
  );
}
