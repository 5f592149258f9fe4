"""A price is what somebody was promised: the database refuses to alter it, but for its end."""

from django.db import migrations

CREATE = """
CREATE FUNCTION marketplace_price_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A price never changes: retire it and make another one.' USING ERRCODE = 'check_violation', CONSTRAINT = 'price_never_changes';
END
$$;
CREATE TRIGGER price_never_changes BEFORE UPDATE ON marketplace_price FOR EACH ROW
WHEN ((OLD.id, OLD.product_id, OLD.amount, OLD.currency, OLD.kind, OLD.created_at)
      IS DISTINCT FROM (NEW.id, NEW.product_id, NEW.amount, NEW.currency, NEW.kind, NEW.created_at)
      OR (OLD.retired_at IS NOT NULL AND NEW.retired_at IS DISTINCT FROM OLD.retired_at))
EXECUTE FUNCTION marketplace_price_never_changes();
"""
DROP = "DROP TRIGGER price_never_changes ON marketplace_price; DROP FUNCTION marketplace_price_never_changes();"


class Migration(migrations.Migration):
    """Only SQL: Django's models have no triggers."""

    dependencies = [("marketplace", "0004_search_and_ends")]
    operations = [migrations.RunSQL(CREATE, DROP)]
