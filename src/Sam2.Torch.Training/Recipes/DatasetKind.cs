using Sam2.Torch.Data;

namespace Sam2.Torch.Training.Recipes;

/// <summary>Kinds of data sets: the project's own, and the layouts of <see cref="Data.DatasetFormat"/>.</summary>
public enum DatasetKind
{
    /// <summary>Clips that the project draws itself.</summary>
    Procedural,

    /// <summary>A data set in a folder, whose layout is found out by looking at it.</summary>
    Auto,

    /// <summary>DAVIS 2016 and 2017.</summary>
    Davis,

    /// <summary>SA-V, its training set or one of the others.</summary>
    Sav,

    /// <summary>MOSE.</summary>
    Mose,

    /// <summary>YouTube-VOS.</summary>
    Ytvos,

    /// <summary>LVOS.</summary>
    Lvos,

    /// <summary>SA-1B.</summary>
    Sa1b,

    /// <summary>COCO instances.</summary>
    Coco,

    /// <summary>Folders of frames or pictures, and of masks.</summary>
    Folders,
}
