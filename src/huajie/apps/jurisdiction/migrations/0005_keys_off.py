from django.db import migrations, models


class Migration(migrations.Migration):
    """Whether an account has switched the desk's keys off."""

    dependencies = [
        ("jurisdiction", "0004_sign_in"),
    ]

    operations = [
        migrations.AddField(
            model_name="account",
            name="keys_off",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
