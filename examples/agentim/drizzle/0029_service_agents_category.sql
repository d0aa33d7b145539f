ALTER TABLE "service_agents" ADD COLUMN "category" text DEFAULT 'chat' NOT NULL;--> statement-breakpoint
ALTER TABLE "service_agents" ADD CONSTRAINT "service_agents_category_check" CHECK ("service_agents"."category" IN ('chat', 'search', 'image'));--> statement-breakpoint
UPDATE "service_agents" SET "type" = 'openai-chat' WHERE "type" = 'openai-compatible';--> statement-breakpoint
UPDATE "service_agents" SET "category" = 'search' WHERE "type" = 'perplexity';--> statement-breakpoint
UPDATE "service_agents" SET "category" = 'image' WHERE "type" = 'stable-diffusion';--> statement-breakpoint
ALTER TABLE "service_agents" ALTER COLUMN "type" SET DEFAULT 'openai-chat';
