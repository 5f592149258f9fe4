"""What Django's models cannot say: the books are written once, and no transaction is committed whose entries do not sum to zero."""

from django.db import migrations

TABLES = ("billing_ledgertransaction", "billing_ledgerentry")

APPEND_ONLY = """
CREATE FUNCTION billing_ledger_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The ledger is append only: post another transaction.' USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_append_only';
END
$$;
""" + "".join(
    f"""
CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION billing_ledger_never_changes();
"""
    for table in TABLES
)
CHANGEABLE = "".join(f"DROP TRIGGER ledger_append_only ON {table};" for table in TABLES) + "DROP FUNCTION billing_ledger_never_changes();"

# At the commit, for a transaction is written before its entries. The count closes it: an entry that comes later makes it differ.
BALANCES = """
CREATE FUNCTION billing_ledger_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    posted uuid;
BEGIN
    IF TG_TABLE_NAME = 'billing_ledgertransaction' THEN posted := NEW.id; ELSE posted := NEW.transaction_id; END IF;
    IF (SELECT count(*) FROM billing_ledgerentry WHERE transaction_id = posted)
        <> (SELECT entry_count FROM billing_ledgertransaction WHERE id = posted) THEN
        RAISE EXCEPTION 'Ledger transaction % has another number of entries than it says.', posted
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_transaction_complete';
    END IF;
    IF EXISTS (SELECT FROM billing_ledgerentry WHERE transaction_id = posted GROUP BY currency HAVING sum(amount) <> 0) THEN
        RAISE EXCEPTION 'The entries of ledger transaction % do not sum to zero.', posted
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_transaction_balances';
    END IF;
    RETURN NULL;
END
$$;
""" + "".join(
    f"""
CREATE CONSTRAINT TRIGGER ledger_transaction_balances AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION billing_ledger_balances();
"""
    for table in TABLES
)
UNBALANCED = (
    "".join(f"DROP TRIGGER ledger_transaction_balances ON {table};" for table in TABLES) + "DROP FUNCTION billing_ledger_balances();"
)


class Migration(migrations.Migration):
    """SQL on tables that are new: nobody waits for it."""

    dependencies = [("billing", "0002_ledger_and_payouts")]
    operations = [migrations.RunSQL(APPEND_ONLY, CHANGEABLE), migrations.RunSQL(BALANCES, UNBALANCED)]
