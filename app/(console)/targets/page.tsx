import { redirect } from 'next/navigation';

/** The targets are the first page. */
export default function TargetsPage() {
  redirect('/');
}
