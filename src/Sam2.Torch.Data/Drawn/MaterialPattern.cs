namespace Sam2.Torch.Data.Drawn;

/// <summary>How the tones of a material are laid out.</summary>
internal enum MaterialPattern
{
    /// <summary>One tone.</summary>
    Plain,

    /// <summary>A passage from dark to light.</summary>
    Gradient,

    /// <summary>Bands.</summary>
    Stripes,

    /// <summary>Squares in turn.</summary>
    Checker,

    /// <summary>A lattice of discs.</summary>
    Dots,

    /// <summary>Lines that cross.</summary>
    Grid,

    /// <summary>Bands around a centre, as in wood.</summary>
    Rings,

    /// <summary>Noise on all scales.</summary>
    Clouds,

    /// <summary>Noise cut into spots of two tones.</summary>
    Spots,

    /// <summary>An irregular mosaic.</summary>
    Patches,

    /// <summary>Seams of an irregular mosaic.</summary>
    Cracks,

    /// <summary>Rounded bumps.</summary>
    Bumps,
}
