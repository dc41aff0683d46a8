"""`aelab --help`: written for somebody who types it for the first time."""

import sys

HELP = """\
aelab: one command line for autoencoders.

Usage
  aelab [group=option] [setting=value]     train one run
  aelab -m [setting=1,2,3]                 train a grid, one run for each combination
  aelab COMMAND run=DIR [setting=value]    use a finished run

Examples
  aelab                                              digits, a 2-D code, pictures: a few seconds
  aelab dataset=mnist model.latent.dim=30            another data set, a larger code
  aelab model=conv 'loss=[bce]' corruption=masking   other parts; [..] takes several
  aelab dataset=image_folder dataset.root=photos dataset.size=32
                                                     your own images
  aelab -m model.latent.dim=2,5,10 seed=0,1,2        nine runs
  aelab trainer.max_epochs=20 optimizer.lr=0.01      any setting of any part
  aelab dry_run=true                                 shapes and sizes, no training

Commands
  resume run=DIR         go on with an interrupted run, or longer with a finished one
  evaluate run=DIR       metrics of a run
  reconstruct run=DIR input=PATH
                         your own files through a run's model
  encode run=DIR         codes of the test split, or of your own files with input=PATH
  sample run=DIR n=64    new images, label=3 of one class
  draw run=DIR           a run's figures, again or others
  report DIR...          runs beside each other: a table, a page with curves and pictures, the best
  list [GROUP]           every group and its options, in one line each
  COMMAND --help         more about one of them

Settings that every run has
  seed  name  dry_run  dataset.root  dataset.batch_size  dataset.limit  model.latent.dim
  trainer.max_epochs  trainer.accelerator  trainer.precision  optimizer.lr

Options
  --config-dir DIR       a folder with configurations of your own
  --cfg job              show every setting of the run, and stop
  --version              show the version
  --hydra-help           Hydra's own options; https://hydra.cc explains the grammar of overrides
"""


def main(argv: list[str]) -> int:
    sys.stdout.write(HELP)
    return 0
