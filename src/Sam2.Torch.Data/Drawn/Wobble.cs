namespace Sam2.Torch.Data.Drawn;

/// <summary>Bends a sprite like a flag: rows move sideways along a wave that travels.</summary>
/// <param name="Amplitude">Largest shift in sprite pixels.</param>
/// <param name="Wave">Radians per sprite pixel.</param>
/// <param name="Phase">Radians at this time.</param>
internal readonly record struct Wobble(float Amplitude, float Wave, float Phase)
{
    /// <summary>The shift of the row at v.</summary>
    public float Shift(float v) => Amplitude == 0 ? 0 : Amplitude * (float)PortableMath.Sin((Wave * v) + Phase);
}
