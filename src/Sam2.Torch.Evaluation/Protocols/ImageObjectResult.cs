namespace Sam2.Torch.Evaluation.Protocols;

/// <summary>What was measured of one object of one image. IoUs are fractions, 0 to 1.</summary>
/// <param name="Frame">The frame's name.</param>
/// <param name="Object">The object's name.</param>
/// <param name="Area">Pixels of the true mask.</param>
/// <param name="ClickIous">IoU after 1, 2, … clicks.</param>
/// <param name="ClickBoundaryIous">Boundary IoU after 1, 2, … clicks.</param>
/// <param name="OracleIou">IoU of the best of the masks that the first click gave, whichever the model preferred.</param>
/// <param name="BoxIou">IoU with a box.</param>
/// <param name="BoxBoundaryIou">Boundary IoU with a box.</param>
/// <param name="BoxOracleIou">IoU of the best of the masks that the box gave.</param>
/// <param name="BoxClickIou">IoU with a box and a click at the centre of what the box left wrong.</param>
/// <param name="J">IoU with the prompt that was asked for.</param>
/// <param name="F">Boundary accuracy with the prompt that was asked for.</param>
public sealed record ImageObjectResult(
    string Frame, string Object, long Area, IReadOnlyList<double> ClickIous, IReadOnlyList<double> ClickBoundaryIous, double OracleIou,
    double BoxIou, double BoxBoundaryIou, double BoxOracleIou, double BoxClickIou, double J, double F);
