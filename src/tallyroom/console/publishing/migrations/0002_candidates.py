from django.db import migrations, models


class Migration(migrations.Migration):
    """What became of a candidate is proposed by one person and confirmed by another."""

    dependencies = [("publishing", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="proposal", name="status", field=models.CharField(blank=True, default="", max_length=12)
        ),
        migrations.AlterField(
            model_name="proposal",
            name="kind",
            field=models.CharField(
                choices=[
                    ("publication", "publication"),
                    ("call", "call"),
                    ("certification", "certification"),
                    ("candidate", "change of a candidate"),
                ],
                max_length=15,
            ),
        ),
    ]
