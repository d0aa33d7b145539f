import { expect, it } from 'vitest';
import {
  type DataLoss,
  GRADE_LABELS,
  GRADES,
  type Grade,
  type GradeVerdict,
} from '@/lib/core/proof';
import { gradeLook } from './grade-look';

it.each<[Grade | null, DataLoss | null, GradeVerdict | null, string, string]>([
  [null, null, null, 'dashed', 'Not proven yet'],
  ['exact', 'none', 'run', 'ok', 'Proven exact'],
  ['exact', 'own', 'run', 'warn', 'Proven, loses data'],
  ['exact', 'older', 'acknowledge', 'warn', 'Proven, loses data'],
  ['exact', 'older', 'block', 'danger', 'Proven, loses data · blocked'],
  ['column_order_only', 'none', 'run', 'ok', 'Column order differs'],
  ['leaves_residue', 'own', 'acknowledge', 'warn', 'Leaves residue'],
  ['leaves_residue', 'older', 'acknowledge', 'warn', 'Leaves residue, loses data'],
  ['leaves_residue', null, 'block', 'danger', 'Leaves residue · blocked'],
  ['removes_too_much', 'older', 'block', 'danger', 'Removes too much'],
  ['no_schema_change', 'own', 'acknowledge', 'neutral', 'Data only'],
  ['no_schema_change', 'older', 'acknowledge', 'warn', 'Data only, loses data'],
  ['unproven', null, 'block', 'unknown', 'Unproven · blocked'],
  ['missing', null, 'block', 'danger', 'Missing'],
])('%s that loses %s, for which the policy says %s', (grade, losesData, verdict, tone, word) => {
  expect(gradeLook(grade, losesData, verdict)).toMatchObject({ tone, word });
});

it('has a look and a sentence for every grade', () => {
  for (const grade of GRADES) {
    const look = gradeLook(grade, null, null);
    expect(look.word).toBe(GRADE_LABELS[grade]);
    expect(look.sentence).toMatch(/\.$/);
  }
});

it('says in its sentence what the rows and the policy add', () => {
  expect(gradeLook('exact', 'older', 'acknowledge').sentence).toMatch(
    /object by object\. Rows or values .* Somebody has to acknowledge/,
  );
});
