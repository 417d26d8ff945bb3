from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jurisdiction", "0006_lists")]
    operations = [
        migrations.AddField("boundary", "version", models.IntegerField(default=1, db_default=1)),
        migrations.AddField("boundary", "outline", models.TextField(null=True)),
        migrations.AddField("boundary", "population", models.IntegerField(null=True)),
        migrations.AddField(
            "boundary", "population_source", models.CharField(max_length=200, default="", db_default="")
        ),
        migrations.CreateModel(
            "PastBoundary",
            [
                ("pk", models.CompositePrimaryKey("region", "version", primary_key=True, serialize=False)),
                ("region", models.CharField(max_length=64)),
                ("version", models.IntegerField()),
                ("geometry", models.TextField()),
                ("changed_at", models.DateTimeField()),
                ("replaced_at", models.DateTimeField()),
            ],
            options={"db_table": "jurisdiction_boundary_past"},
        ),
    ]
