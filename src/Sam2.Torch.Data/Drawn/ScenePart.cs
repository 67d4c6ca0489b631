namespace Sam2.Torch.Data.Drawn;

/// <summary>A part of an object, joined to its body at a point about which it swings.</summary>
/// <param name="Sprite">What it looks like.</param>
/// <param name="JointX">The joint in the body's coordinates.</param>
/// <param name="JointY">The joint in the body's coordinates.</param>
/// <param name="Reach">How far the sprite's middle is from the joint, along the part's own y axis.</param>
/// <param name="Angle">The part's direction, in radians.</param>
internal sealed record ScenePart(Sprite Sprite, double JointX, double JointY, double Reach, Oscillation Angle)
{
    /// <summary>From the sprite's coordinates to the body's at a time in frames.</summary>
    public Affine2 ToBody(double time) =>
        Affine2.Translation(JointX, JointY) * Affine2.Rotation(Angle.At(time)) * Affine2.Translation(0, Reach);
}
