ALTER TABLE "gateways" ADD COLUMN "ephemeral" boolean DEFAULT false NOT NULL;
