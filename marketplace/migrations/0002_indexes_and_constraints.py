"""What the database guards, and what it looks up."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    """Of the tables of 0001, as their models say it."""

    dependencies = [
        ('accounts', '0001_initial'),
        ('marketplace', '0001_initial'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='manifest',
            index=django.contrib.postgres.indexes.GinIndex(condition=models.Q(('kind', 'index')), fields=['children'], name='manifest_children'),
        ),
        migrations.AddIndex(
            model_name='manifest',
            index=models.Index(condition=models.Q(('described_at__isnull', True), ('given_up_at__isnull', True)), fields=['due_at'], name='manifest_waiting'),
        ),
        migrations.AddIndex(
            model_name='manifest',
            index=models.Index(condition=models.Q(('removal_asked_at__isnull', False)), fields=['due_at'], name='manifest_going'),
        ),
        migrations.AddConstraint(
            model_name='manifest',
            constraint=models.UniqueConstraint(fields=('image', 'digest'), name='manifest_digest_unique'),
        ),
        migrations.AddConstraint(
            model_name='namespace',
            constraint=models.UniqueConstraint(fields=('name',), name='namespace_name_unique'),
        ),
        migrations.AddConstraint(
            model_name='namespace',
            constraint=models.UniqueConstraint(fields=('skeleton',), name='namespace_skeleton_unique'),
        ),
        migrations.AddConstraint(
            model_name='namespace',
            constraint=models.UniqueConstraint(fields=('id', 'owner'), name='namespace_id_owner_unique'),
        ),
        migrations.AddConstraint(
            model_name='namespace',
            constraint=models.CheckConstraint(condition=models.Q(('name__regex', '^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$')), name='namespace_name_grammar'),
        ),
        migrations.AddConstraint(
            model_name='price',
            constraint=models.UniqueConstraint(condition=models.Q(('retired_at__isnull', True)), fields=('product',), name='price_one_current'),
        ),
        migrations.AddConstraint(
            model_name='price',
            constraint=models.CheckConstraint(condition=models.Q(('currency__regex', '^[a-z]{3}$')), name='price_currency_is_iso'),
        ),
        migrations.AddConstraint(
            model_name='cover',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('image__isnull', True), ('product__isnull', False)), models.Q(('image__isnull', False), ('product__isnull', True)), _connector='OR'), name='cover_of_one_thing'),
        ),
        migrations.AddConstraint(
            model_name='productimage',
            constraint=models.UniqueConstraint(fields=('product', 'image'), name='product_image_unique'),
        ),
        migrations.AddIndex(
            model_name='product',
            index=models.Index(condition=models.Q(('state', 'published')), fields=['-published_at'], name='product_newest_published'),
        ),
        migrations.AddIndex(
            model_name='product',
            index=models.Index(condition=models.Q(('state', 'published')), fields=['-pulls'], name='product_most_pulled'),
        ),
        migrations.AddIndex(
            model_name='product',
            index=models.Index(fields=['description_renderer'], name='product_description_renderer'),
        ),
        migrations.AddIndex(
            model_name='product',
            index=django.contrib.postgres.indexes.GinIndex(fields=['search_document'], name='product_search_document'),
        ),
        migrations.AddIndex(
            model_name='product',
            index=django.contrib.postgres.indexes.GinIndex(fields=['search_words'], name='product_search_words', opclasses=('gin_trgm_ops',)),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.UniqueConstraint(fields=('namespace', 'slug'), name='product_slug_unique'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.UniqueConstraint(fields=('id', 'seller'), name='product_id_seller_unique'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'published'), _negated=True), ('published_at__isnull', False), _connector='OR'), name='product_published_has_a_date'),
        ),
        migrations.AddConstraint(
            model_name='product',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'suspended'), _negated=True), models.Q(('suspension_reason', ''), _negated=True), _connector='OR'), name='product_suspension_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='pullcount',
            constraint=models.UniqueConstraint(fields=('image', 'day', 'tag', 'platform', 'buyer'), name='pull_count_unique', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='pullersketch',
            constraint=models.UniqueConstraint(fields=('image', 'period', 'begins'), name='puller_sketch_unique'),
        ),
        migrations.AddIndex(
            model_name='tag',
            index=models.Index(models.F('image'), models.OrderBy(models.F('pushed_at'), descending=True), models.F('name'), name='tag_newest'),
        ),
        migrations.AddIndex(
            model_name='tag',
            index=models.Index(models.F('image'), models.OrderBy(models.F('version'), descending=True), models.OrderBy(models.F('pushed_at'), descending=True), condition=models.Q(('version', ''), _negated=True), name='tag_highest'),
        ),
        migrations.AddConstraint(
            model_name='tag',
            constraint=models.UniqueConstraint(fields=('image', 'name'), name='tag_name_unique'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('first_pushed_at__isnull', True), ('first_sold_at__isnull', True), ('freed_at__isnull', True)), fields=['ended_at'], name='image_waiting_to_be_freed'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('freed_at__isnull', True)), fields=['repository'], name='image_of_repository'),
        ),
        migrations.AddIndex(
            model_name='image',
            index=models.Index(condition=models.Q(('ended_at__isnull', True), ('first_pushed_at__isnull', True)), fields=['expires_at'], name='image_waiting_for_push'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.UniqueConstraint(condition=models.Q(('freed_at__isnull', True)), fields=('namespace', 'name'), name='image_name_unique'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.UniqueConstraint(fields=('id', 'owner'), name='image_id_owner_unique'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.CheckConstraint(condition=models.Q(('freed_at__isnull', True), models.Q(('ended_at__isnull', False), ('first_pushed_at__isnull', True), ('first_sold_at__isnull', True)), _connector='OR'), name='image_freed_only_if_never_pushed_or_sold'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('end_kind', ''), ('ended_at__isnull', True)), models.Q(('end_kind__in', ('expired', 'released')), ('ended_at__isnull', False)), _connector='OR'), name='image_end_has_a_kind'),
        ),
        migrations.AddConstraint(
            model_name='image',
            constraint=models.CheckConstraint(condition=models.Q(('taken_down_at__isnull', True), models.Q(('take_down_reason', ''), _negated=True), _connector='OR'), name='image_take_down_has_a_reason'),
        ),
    ]
