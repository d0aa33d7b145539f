CREATE TABLE "labels" (
	"tool_id" integer PRIMARY KEY NOT NULL,
	"text" text NOT NULL,
	CONSTRAINT "labels_tool_id_tools_id_fk" FOREIGN KEY ("tool_id") REFERENCES "public"."tools"("id") ON DELETE cascade ON UPDATE no action
);
