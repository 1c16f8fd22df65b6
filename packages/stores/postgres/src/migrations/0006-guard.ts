/**
 * A number of each replica that its transactions in one trip have to know (`direct-transaction.ts`): once it is another
 * one, none of those that are still on their way can be carried out any more. Adds only.
 */
export const GUARD_SQL: string = `
ALTER TABLE mcp_flowgate.replica ADD COLUMN guard bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint;
CREATE FUNCTION mcp_flowgate.hold(stands boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF stands IS NOT TRUE THEN
    RAISE EXCEPTION 'what the transaction rests on has moved' USING ERRCODE = 'FG001';
  END IF;
END $$;
`;
