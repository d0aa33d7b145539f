-- Reverses 0002_proofs.sql: acknowledged dangers, kept proofs and checks of targets.
DROP TABLE IF EXISTS backstep.acknowledgements;
DROP TABLE IF EXISTS backstep.target_checks;
DROP TABLE IF EXISTS backstep.proofs;
