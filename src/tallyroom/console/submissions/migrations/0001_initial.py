import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Submission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64, unique=True)),
                ('role', models.CharField(max_length=40)),
                ('acts', models.TextField()),
                ('status', models.PositiveSmallIntegerField(choices=[(0, 'Waiting'), (1, 'Taken'), (2, 'Done'), (3, 'Refused')], default=0)),
                ('first', models.BigIntegerField(null=True)),
                ('why', models.TextField(blank=True, default='')),
                ('handed_in_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('decided_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('status__lt', 2)), fields=['id'], name='submission_open')],
            },
        ),
    ]
