-- Undoes 0031_add_task_result_duedate. Loses the results and due dates of all tasks.
ALTER TABLE "tasks" DROP COLUMN IF EXISTS "due_date";
ALTER TABLE "tasks" DROP COLUMN IF EXISTS "result";
