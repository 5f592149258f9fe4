"""What Django's models cannot say: a document never changes, and whatever writes them, the numbers of a seller's year have no gap."""

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION billing_document_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Documents are append only: correct one by another.' USING ERRCODE = 'check_violation', CONSTRAINT = 'document_append_only';
END
$$;
CREATE TRIGGER document_append_only BEFORE UPDATE OR DELETE ON billing_document
FOR EACH ROW EXECUTE FUNCTION billing_document_never_changes();
"""
CHANGEABLE = "DROP TRIGGER document_append_only ON billing_document; DROP FUNCTION billing_document_never_changes();"

# A document takes the number that its series has just come to, which is locked until the commit; and at the commit that number has its document.
NO_GAPS = """
CREATE FUNCTION billing_document_takes_the_last_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.serial IS DISTINCT FROM (SELECT last FROM billing_documentseries WHERE seller_id = NEW.seller_id AND year = NEW.year) THEN
        RAISE EXCEPTION 'Document % of % is not the last of its series.', NEW.serial, NEW.year
            USING ERRCODE = 'check_violation', CONSTRAINT = 'document_number_from_series';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER document_number_from_series BEFORE INSERT ON billing_document
FOR EACH ROW EXECUTE FUNCTION billing_document_takes_the_last_number();

CREATE FUNCTION billing_series_counts_by_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.seller_id, NEW.year, NEW.last) IS DISTINCT FROM (OLD.seller_id, OLD.year, OLD.last + 1) THEN
        RAISE EXCEPTION 'A series of documents counts by one.' USING ERRCODE = 'check_violation', CONSTRAINT = 'document_series_counts_by_one';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER document_series_counts_by_one BEFORE UPDATE OR DELETE ON billing_documentseries
FOR EACH ROW EXECUTE FUNCTION billing_series_counts_by_one();

CREATE FUNCTION billing_series_has_its_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.last > 0 AND NOT EXISTS (SELECT FROM billing_document WHERE seller_id = NEW.seller_id AND year = NEW.year AND serial = NEW.last) THEN
        RAISE EXCEPTION 'Number % of % has no document.', NEW.last, NEW.year
            USING ERRCODE = 'check_violation', CONSTRAINT = 'document_series_complete';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER document_series_complete AFTER INSERT OR UPDATE ON billing_documentseries DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION billing_series_has_its_document();
"""
GAPS = """
DROP TRIGGER document_number_from_series ON billing_document; DROP FUNCTION billing_document_takes_the_last_number();
DROP TRIGGER document_series_counts_by_one ON billing_documentseries; DROP FUNCTION billing_series_counts_by_one();
DROP TRIGGER document_series_complete ON billing_documentseries; DROP FUNCTION billing_series_has_its_document();
"""


class Migration(migrations.Migration):
    """SQL on tables that are new: nobody waits for it."""

    dependencies = [("billing", "0011_invoices_and_taxes")]
    operations = [migrations.RunSQL(APPEND_ONLY, CHANGEABLE), migrations.RunSQL(NO_GAPS, GAPS)]
